"""Finding one's way: the lists, their filters, the needs, the first page and the CSV."""

import csv
import io
from typing import Any

import pytest

from services.matcher.domain.matches import Match
from services.matcher.figures.keep import keep_figures
from services.matcher.figures.read import read_figures
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Desk, Office
from tests.integration.matcher_console.sample import tell_sample
from tests.published_figures import as_csv, summary

NEED = "Early reading"
both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture
def two(world: World) -> list[Match]:
    """Reading in Tendring (Essex, goal 1) and coding in Belfast (goal 10)."""
    world.member("essex", sector="local_government", name="Essex County Council")
    world.member("bbc", sector="public_body", name="BBC", places=["K02000001"])
    world.capability("first-words")
    world.need("reading", locality={"text": "Jaywick", "postcode": "CO15 2AA"})
    world.member(
        "belfast", sector="local_government", name="Belfast City Council", places=["N09000003"]
    )
    world.member("quay", name="Quayside Digital", places=["N09000003"])
    words = "Evening classes in coding for adults who want a first job in software."
    about: dict[str, Any] = {"title": "Coding in the evening", "description": words, "goals": [10]}
    about["material"] = {"title": about["title"], "description": words}
    world.capability("coding", **about, member_id="quay", delivers_in=["N09000003"])
    world.need("software", **about, member_id="belfast", places=["N09000003"])
    world.propose()
    return world.all()


def titles(desk: Desk, path: str = "/lists/proposals", **query: Any) -> set[str]:
    page = desk.text(path, **query)
    return {title for title in (NEED, "Coding in the evening") if f">{title}</a></h2>" in page}


QUERIES: list[tuple[dict[str, str], set[str]]] = [
    ({}, {NEED, "Coding in the evening"}),
    ({"place": "Tendring"}, {NEED}),
    ({"place": "CO15 2AA"}, {NEED}),
    ({"place": "E10000012"}, {NEED}),
    ({"place": "East of England"}, {NEED}),
    ({"place": "Northern Ireland"}, {"Coding in the evening"}),
    ({"place": "Cornwall"}, set()),
    ({"goal": "1"}, {NEED}),
    ({"goal": "10"}, {"Coding in the evening"}),
    ({"sector": "business"}, {"Coding in the evening"}),
    ({"member": "essex county"}, {NEED}),
    ({"member": "100%"}, set()),
    ({"text": "SOFTWARE"}, {"Coding in the evening"}),
    ({"text": "jaywick"}, {NEED}),
    ({"text": "_"}, set()),
    ({"strength": "possible", "goal": "1"}, set()),
    ({"goal": "1", "text": "software"}, set()),
]


@both_stores
def test_the_queue_is_narrowed(office: Office, two: list[Match]) -> None:
    desk = office.desk()
    for query, found in QUERIES:
        assert titles(desk, **query) == found, query


NEED_QUERIES: list[tuple[dict[str, str], set[str]]] = [
    ({"place": "E10000012"}, {NEED}),
    ({"place": "Belfast"}, {"Coding in the evening"}),
    ({"goal": "10"}, {"Coding in the evening"}),
    ({"sector": "local_government"}, {NEED, "Coding in the evening"}),
    ({"sector": "business"}, set()),
    ({"member": "belfast"}, {"Coding in the evening"}),
    ({"text": "co15 2aa"}, {NEED}),
    ({"text": "software", "shown": "nothing"}, set()),
]


@both_stores
def test_the_needs_are_narrowed(office: Office, two: list[Match]) -> None:
    desk = office.desk()
    for query, found in NEED_QUERIES:
        assert titles(desk, "/needs", **query) == found, query


def test_the_place_that_was_taken_is_said(office: Office, two: list[Match]) -> None:
    desk = office.desk()
    assert "Tendring and everywhere in it" in desk.text("/lists/proposals", place="CO15 2AA")
    page = desk.text("/lists/proposals", place="Tendrin")
    assert "Did you mean Tendring" in page
    assert NEED in page, "the list is shown without the filter that cannot be used"
    ambiguous = desk.text("/lists/proposals", place="Essex")
    assert "Write " in ambiguous or "Essex" in ambiguous


ODD: list[dict[str, str]] = [
    {"goal": "99"},
    {"sector": "pirates"},
    {"strength": "huge"},
    {"sort": "random"},
    {"page": "0"},
    {"page": "999999999999"},
    {"page": "x"},
    {"text": "x" * 5_000},
    {"place": "'; drop table matches; --"},
    {"member": "%"},
]


@both_stores
def test_odd_questions_get_a_page(office: Office, two: list[Match]) -> None:
    desk = office.desk()
    for query in ODD:
        for path in ("/lists/proposals", "/needs", "/lists/ended", "/matches.csv"):
            assert desk.get(path, **query).status_code == 200, (path, query)


@both_stores
def test_a_long_queue_comes_in_pages(office: Office, world: World) -> None:
    tell_sample(world)
    world.propose()
    desk = office.desk()
    total = len(world.all())
    assert total > 40
    page = desk.text("/lists/proposals")
    assert f"1 to 20 of {total}" in page
    assert "page=2" in page
    last = desk.text("/lists/proposals", page=-(-total // 20))
    assert f"to {total} of {total}" in last
    assert "Next page" not in last
    assert "sort=newest" in desk.text("/lists/proposals", sort="newest")


def test_nothing_yet_is_said_kindly(office: Office) -> None:
    desk = office.desk()
    assert "Nothing here yet" in desk.text("/")
    assert "Nothing waits for you." in desk.text("/lists/proposals")
    assert "Nothing is stuck." in desk.text("/lists/attention")
    assert "Needs appear here once members publish them" in desk.text("/needs")


@both_stores
def test_nothing_good_enough_yet_is_a_result(office: Office, world: World) -> None:
    world.story()
    world.member("kent", sector="local_government", name="Kent County Council")
    words = "Somebody to repair the sea wall before the winter storms come."
    material = {"title": "Sea wall", "description": words}
    world.need(
        "wall", **material, material=material, member_id="kent", goals=[11], places=["E06000059"],
        wants=["equipment"], beneficiaries=["residents"],
    )  # fmt: skip
    world.propose()
    desk = office.desk()
    assert "Nothing good enough yet" in desk.text("/needs")
    assert "Sea wall" in desk.text("/needs", shown="nothing")
    assert NEED not in desk.text("/needs", shown="nothing")
    assert NEED in desk.text("/needs", shown="open")
    page = desk.text("/needs/wall")
    assert "No offer of a member fits this need well enough" in page
    assert "Not good enough" in page
    assert "Early reading" in page, "the closest one is named"


@both_stores
def test_a_need_shows_the_priority_of_its_places_with_its_source(
    office: Office, world: World
) -> None:
    world.story()
    world.need("county", places=["E10000012"])
    world.need("abroad", places=["S12000036"])
    desk = office.desk()
    assert "Priority of the place" not in desk.text("/needs/county")
    world.do(keep_figures, read_figures(as_csv(summary(["E07000076"]))))
    world.propose()
    page = desk.text("/needs/county")
    assert "Tendring is more deprived than every other district with figures" in page
    assert "published 30 October 2025, Open Government Licence v3.0" in page
    assert "Priority of the place" not in desk.text("/needs/abroad")
    [match] = [one for one in world.all() if one.need_id == "county"]
    assert "English Indices of Deprivation 2025" in desk.text(f"/matches/{match.match_id}")


def test_a_need_shows_what_was_read_from_its_text_where_fields_were_left_out(
    office: Office, world: World
) -> None:
    world.story()
    text = {"title": "Toddlers behind in talking", "description": "We look for volunteers."}
    world.need("thin", **text, material=text, goals=[], wants=[], beneficiaries=["families"])
    desk = office.desk()
    page = desk.text("/needs/thin")
    assert "Read from its text" in page
    assert "Strong foundations in early years, from “toddlers” (60% sure)" in page
    assert "People&#39;s time, from “volunteers” (60% sure)" in page
    assert "The member left these out" not in desk.text("/needs/reading")


def test_a_refused_pair_says_which_rule(office: Office, world: World) -> None:
    world.story()
    world.member("suffolk", sector="local_government", name="Suffolk County Council")
    world.capability("other-council", member_id="suffolk")
    world.propose()
    [match] = world.all()
    page = office.desk().text(f"/matches/{match.match_id}")
    assert "What almost fitted, and what would change that" in page
    assert "Same sector" in page
    assert "Suffolk County Council" in page


def test_what_went_wrong_is_on_the_first_page(office: Office, proposal: Match) -> None:
    message = {"message_id": "m1", "kind": "approach", "member_id": "bbc", "state": "failed"}
    task = {
        "kind": "message",
        "match_id": proposal.match_id,
        "message": message,
        "code": "no_contact",
        "text": "Nobody could be written to.",
    }
    office.notifier.says("GET", "/v1/tasks", {"items": [task]})
    desk = office.desk()
    page = desk.text("/")
    assert "Nobody could be written to." in page
    assert "to BBC" in page
    assert desk.post("/mail/m1/retry", via="/").status_code == 303
    assert office.notifier.sent("POST") == [("/v1/messages/m1/retry", None)]


def test_the_mail_service_may_be_away(office: Office, proposal: Match) -> None:
    office.notifier.away = True
    desk = office.desk()
    assert "The mail service does not answer at the moment" in desk.text("/")


@both_stores
def test_the_csv_holds_a_row_for_each_goal_and_no_formula(office: Office, world: World) -> None:
    world.member("essex", sector="local_government", name='=HYPERLINK("https://evil.example")')
    world.member("bbc", sector="public_body", name="BBC", places=["K02000001"])
    world.capability("first-words", goals=[1, 2])
    title = "@SUM(1+1)*cmd|' /C calc'!A0"
    material = {"title": title, "description": "Reading with children before school."}
    world.need("reading", title=title, material=material, goals=[1, 2],
               locality={"text": "+44 Jaywick", "postcode": "CO15 2AA"})  # fmt: skip
    world.propose()
    answer = office.desk().get("/matches.csv", list="proposals")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Goal number"] for row in rows] == ["1", "2"]
    assert [row["First goal of the match"] for row in rows] == ["yes", "no"]
    for row in rows:
        assert row["Need"] == f"'{title}"
        assert row["Member with the need"].startswith("'=HYPERLINK")
        assert row["Locality"] == "'+44 Jaywick"
        assert row["Locality postcode"] == "CO15 2AA"
        assert row["Places"] == "Tendring"
        assert row["State"] == "To review"
    assert office.desk("Vi", "viewer").get("/matches.csv", goal="3").data.count(b"\n") == 1
