"""The review queue: by whom a need is for and how long it waits, views, and many at once."""

import re
from typing import Any

import pytest

from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.review import approve_match
from services.matcher.store.learning import training_rows_of, verdicts_of
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Desk, Office

both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)
QUEUE = "/lists/proposals"


@pytest.fixture
def three(world: World) -> list[Match]:
    """Reading before school, books for families, classes for job seekers; the last is new."""
    world.story()
    world.need("books", title="Books at home", beneficiaries=["families"])
    world.propose()
    world.clock.advance(days=10)
    world.need(
        "classes", title="Evening classes", beneficiaries=["job_seekers"], places=["E10000012"]
    )
    world.propose()
    found = {match.need_id: match for match in world.all()}
    return [found["reading"], found["books"], found["classes"]]


def shown(desk: Desk, **query: Any) -> set[str]:
    page = desk.text(QUEUE, **query)
    return set(re.findall(r'<h2 class="match-row-title"><a href="/matches/([^"]+)"', page))


def ids(*matches: Match) -> set[str]:
    return {one.match_id for one in matches}


def ticks(*matches: Match) -> list[str]:
    return [f"{one.match_id}:{one.revision}" for one in matches]


@both_stores
def test_the_queue_is_narrowed_by_stage_age_strength_and_place(
    office: Office, three: list[Match]
) -> None:
    reading, books, classes = three
    desk = office.desk()
    assert shown(desk) == ids(*three)
    assert shown(desk, stage="early_years") == ids(reading)
    assert shown(desk, stage="families", goal="1") == ids(books)
    assert shown(desk, age="new") == ids(classes)
    assert shown(desk, age="week") == ids(reading, books)
    assert shown(desk, age="month") == set()
    assert shown(desk, strength="good_or_strong") | shown(desk, strength="possible") == ids(*three)
    assert shown(desk, member="BBC", age="new", stage="job_seekers") == ids(classes)
    assert shown(desk, place="E07000076;E06000033") == ids(reading, books)
    assert shown(desk, stage="pirates", age="century") == ids(*three)
    rows = list(office.desk("Vi Okoro", "viewer").get("/matches.csv", age="new").text.splitlines())
    assert len(rows) == 2, "the file holds what the list shows"


def test_an_ambiguous_place_is_chosen_from_what_it_can_mean(
    office: Office, three: list[Match]
) -> None:
    desk = office.desk()
    page = desk.text(QUEUE, place="Essex", stage="families")
    assert "can mean more than one place. Which one do you mean?" in page
    greater = "place=E10000012%3BE06000033%3BE06000034&amp;stage=families"
    assert f'href="{QUEUE}?{greater}"' in page
    chosen = desk.text(QUEUE, place="E10000012;E06000033;E06000034", stage="families")
    assert "Essex, Southend-on-Sea and Thurrock and everywhere in it." in chosen
    page = desk.text(QUEUE, place="CO15 2AA")
    assert "Postcodes that begin with CO15 are in Tendring" in page


@both_stores
def test_a_view_is_kept_under_a_name_by_each_coordinator(
    office: Office, three: list[Match]
) -> None:
    ann, vi = office.desk(), office.desk("Vi Okoro", "viewer")
    form = {"place": "Tendring", "stage": "families", "view_name": "  Families   <b>"}
    answer = ann.post(f"{QUEUE}/views", **form)
    assert (answer.status_code, answer.location) == (303, f"{QUEUE}?place=Tendring&stage=families")
    page = ann.text(QUEUE)
    assert "Families &lt;b&gt;</a>" in page
    assert 'href="/lists/proposals?place=Tendring&amp;stage=families"' in page
    assert ann.post(f"{QUEUE}/views", **form | {"stage": ""}).status_code == 303
    page = ann.text(QUEUE)
    assert page.count("Delete the view") == 1, "one of the same name is replaced"
    [view] = re.findall(r"/views/([^/]+)/delete", page)
    assert "Delete the view" not in vi.text(QUEUE), "everybody has their own"
    assert vi.post(f"/views/{view}/delete").status_code == 404
    assert ann.post(f"{QUEUE}/views", view_name=" ").status_code == 303
    assert "Give the view a name" in ann.text(QUEUE)
    assert ann.post(f"/views/{view}/delete").status_code == 303
    assert "Delete the view" not in ann.text(QUEUE)


@both_stores
def test_many_are_rejected_with_one_reason_that_teaches_nothing(
    office: Office, three: list[Match]
) -> None:
    reading, books, classes = three
    desk = office.desk()
    form: dict[str, Any] = {"match": ticks(reading, books), "reason_code": "not_relevant"}
    form["note"] = "Run by others."
    answer = desk.post(f"{QUEUE}/reject", **form, stage="families")
    assert (answer.status_code, answer.location) == (303, f"{QUEUE}?stage=families")
    assert "2 proposals are rejected." in desk.text(QUEUE)
    with office.world.database.read() as connection:
        for match in (reading, books):
            [verdict] = verdicts_of(connection, match.match_id)
            assert (verdict.reason_code, verdict.note) == ("not_relevant", "Run by others.")
            assert training_rows_of(connection, match.match_id) == []
    assert office.world.match(reading.match_id).state is State.REJECTED
    assert office.world.match(classes.match_id).state is State.PROPOSED
    one = {"reason_code": "not_relevant", "revision": str(classes.revision)}
    desk.post(f"/matches/{classes.match_id}/reject", **one)
    with office.world.database.read() as connection:
        [row] = training_rows_of(connection, classes.match_id)
    assert row.teaches == "subject", "one by one it teaches"


def test_who_was_quicker_is_told_and_the_others_go_on(office: Office, three: list[Match]) -> None:
    reading, books, _ = three
    ann, cara = office.desk(), office.desk("Cara Lee")
    office.act(approve_match, office.world.deps, reading.match_id, who=cara.who)
    office.world.clock.advance(seconds=20)
    answer = ann.post(f"{QUEUE}/reject", match=ticks(reading, books), reason_code="wrong_place")
    assert answer.status_code == 303
    page = ann.text(QUEUE)
    assert "1 proposal is rejected." in page
    assert "“Early reading”: Already approved by Cara Lee at 11 December 2026, 09:00." in page
    assert office.world.match(reading.match_id).state is State.APPROVED


def test_what_is_missing_is_said_and_nothing_ticked_is_lost(
    office: Office, three: list[Match]
) -> None:
    reading, books, _ = three
    desk = office.desk()
    answer = desk.post(f"{QUEUE}/reject", match=ticks(reading, books), note="Twice funded.")
    assert answer.status_code == 422
    assert "Choose a reason." in answer.text
    assert answer.text.count(" checked>") == 2
    assert "Twice funded." in answer.text
    answer = desk.post(f"{QUEUE}/reject", reason_code="wrong_place")
    assert "Tick the proposals" in answer.text
    assert desk.post(f"{QUEUE}/reject", match="nonsense", reason_code="x").status_code == 400
    viewer = office.desk("Vi Okoro", "viewer")
    answer = viewer.post(f"{QUEUE}/reject", match=ticks(reading), reason_code="wrong_place")
    assert answer.status_code == 403
    assert "match-tick" not in viewer.text(QUEUE)
    assert {one.state for one in office.world.all()} == {State.PROPOSED}
