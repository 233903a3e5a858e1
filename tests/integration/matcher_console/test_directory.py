"""The directory: lists of needs, capabilities and members, their pages, files and duplicates."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import event

from services.matcher.domain.matches import Match
from tests.integration.matcher.world import World
from tests.integration.matcher_console.desk import Desk, Office

both_stores = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


def told(world: World) -> None:
    world.story()
    world.member("quay", name="Quayside Digital", places=["N09000003"], can_be_asked=False)
    world.capability("coding", title="Coding in the evening", member_id="quay",
                     delivers_in=["N09000003"], goals=[10], confirmed_at="2026-01-10T09:00:00Z")  # fmt: skip
    world.need("later", title="=Later", member_id="quay", status="paused", what="need.paused")
    world.member("gone", name="Gone Ltd", status="withdrawn", what="member.withdrawn")
    world.propose()


CASES: list[tuple[str, dict[str, str], set[str]]] = [
    ("/needs", {}, {"Early reading"}),
    ("/needs", {"state": "paused"}, {"=Later"}),
    ("/needs", {"state": "any"}, {"Early reading", "=Later"}),
    ("/needs", {"shown": "nothing"}, set()),
    ("/capabilities", {}, {"Early reading", "Coding in the evening"}),
    ("/capabilities", {"place": "CO15 2AA"}, {"Early reading"}),
    ("/capabilities", {"goal": "10"}, {"Coding in the evening"}),
    ("/capabilities", {"sector": "public_body"}, {"Early reading"}),
    ("/capabilities", {"fresh": "stale"}, {"Coding in the evening"}),
    ("/capabilities", {"fresh": "fresh"}, {"Early reading"}),
    ("/capabilities", {"text": "evening"}, {"Coding in the evening"}),
    ("/members", {}, {"Essex County Council", "BBC", "Quayside Digital"}),
    ("/members", {"text": "quay"}, {"Quayside Digital"}),
    ("/members", {"place": "Belfast"}, {"Quayside Digital"}),
    ("/members", {"sector": "local_government"}, {"Essex County Council"}),
    ("/members", {"state": "withdrawn"}, {"Gone Ltd"}),
]


@both_stores
def test_lists_and_files_are_narrowed_alike(office: Office) -> None:
    told(office.world)
    desk = office.desk("Vi Okoro", "viewer")
    for path, query, wanted in CASES:
        page = desk.text(path, **query)
        rows = {name for name in NAMES if f">{name}</a></h2>" in page}
        assert rows == wanted, (path, query)
        lines = list(
            csv.DictReader(io.StringIO(desk.text(f"{path}.csv", **query).lstrip("\ufeff")))
        )
        named = {(line.get("Title") or line["Name"]).removeprefix("'") for line in lines}
        assert named == wanted, (path, query)
    assert '"\'=Later"' in desk.text("/needs.csv", state="paused"), "no cell is a formula"


NAMES = {name for _, _, names in CASES for name in names}


def queries_of(office: Office, desk: Desk, path: str) -> int:
    """Statements that the page takes."""
    asked: list[str] = []
    engine = office.app.extensions["convene_database"].engine

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    desk.text(path)
    event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_pages_take_as_many_queries_for_many_rows_as_for_few(office: Office) -> None:
    told(office.world)
    desk = office.desk()
    paths = ("/needs", "/capabilities", "/members", "/members/essex", "/duplicates")
    few = [queries_of(office, desk, path) for path in paths]
    for number in range(12):
        office.world.member(f"m{number}", name=f"Member {number}")
        office.world.capability(f"c{number}", title="Early reading", member_id=f"m{number}")
        office.world.need(f"n{number}", title="Twice the same")
    assert [queries_of(office, desk, path) for path in paths] == few


@both_stores
def test_the_page_of_a_member_says_how_it_is(office: Office, proposal: Match) -> None:
    world = office.world
    world.approve(proposal.match_id)
    world.tell("conflict.declared", "bbc", {
        "member_id": "bbc",
        "conflicts": [{"member_id": None, "sector": "business", "until": "2027-05-01"}],
    })  # fmt: skip
    page = office.desk("Vi Okoro", "viewer").text("/members/bbc")
    assert "1 of at most 10 matches at the same time" in page
    assert "every member of business until 1 May 2027" in page
    assert "its oldest listing on 1 December 2026" in page
    assert "0 of 1 partnerships (at a time) left" in page
    assert "/members/bbc/edit" not in page, "a viewer changes nothing"


def test_the_page_of_a_capability_says_what_it_could_serve(office: Office) -> None:
    office.world.story()
    desk = office.desk()
    page = desk.text("/capabilities/first-words")
    assert "Needs it could serve best" in page
    assert 'href="/needs/reading"' in page
    assert desk.get("/capabilities/nothing").status_code == 404
    assert "on its way" in desk.text("/capabilities/nothing", saved="1")


def test_what_looks_doubled_is_pointed_out_until_told_apart(office: Office) -> None:
    world = office.world
    world.story()
    world.member("bbc-2", name="The B.B.C. Ltd", website="https://www.bbc.example/about")
    world.member("bbc-3", name="Broadcasters", website="https://bbc.example")
    world.capability("first-words-2", title="EARLY  reading", member_id="bbc-2")
    desk = office.desk()
    page = desk.text("/duplicates")
    assert "The same website." in page
    assert "Word for word the same text." in page
    answer = desk.post("/duplicates", via="/duplicates", kind="member", one="bbc-3", other="bbc-2")
    assert answer.status_code == 303
    assert "The same website." not in desk.text("/duplicates")
    assert desk.post("/duplicates", kind="member", one="bbc-3", other="bbc-2").status_code == 303
    assert desk.post("/duplicates", kind="nonsense", one="a", other="b").status_code == 303


def test_a_preview_shows_matches_and_what_was_read_and_keeps_nothing(office: Office) -> None:
    office.world.story()
    desk = office.desk()
    typed = {
        "member": "essex county council",
        "title": "Early reading",
        "description": "Reading with children before school, in families with few books at home.",
        "places": "CO15 2AA",
        "by": "sometime",
    }
    page = desk.post("/preview/needs", **typed)
    assert page.status_code == 200, page.text
    assert "/capabilities/first-words" in page.text
    assert 'value="goals:1"' in page.text
    assert "<html" not in page.text
    assert "Choose the member" in desk.post("/preview/needs", **{**typed, "member": "x"}).text
    assert "Write the title" in desk.post("/preview/needs", **{**typed, "title": " "}).text
    offered = desk.post("/preview/capabilities", **{**typed, "member": "BBC"})
    assert "/needs/reading" in offered.text
    again = desk.post("/needs/new", via="/needs/new", **typed, do="preview")
    assert again.status_code == 200
    assert "/capabilities/first-words" in again.text
    assert 'value="Early reading"' in again.text
    ticked = desk.post("/needs/new", via="/needs/new", **typed, use="goals:1").text
    assert 'id="goals-1" name="goals" value="1" checked' in ticked
    assert office.registry.sent("POST") == []
