"""Reports tell of a history made by hand what anybody could count on its fingers."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from sqlalchemy import event

from services.matcher.domain.matches import Match
from services.matcher.review import reject_match
from tests.integration.matcher.world import World, reach_agreed
from tests.integration.matcher_console.desk import Desk, Office
from tests.integration.matcher_console.sample import tell_sample
from tests.integration.matcher_console.test_lists import both_stores

FORMULA = "=HYPERLINK(1)"
LAST_HOUR = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight of the first of July in London."""


@pytest.fixture
def history(world: World) -> Match:
    """A match introduced in London's July, with what both sides reported; another was rejected."""
    world.member("essex", sector="local_government", name="Essex County Council")
    world.member("bbc", sector="public_body", name=FORMULA, places=["K02000001"])
    world.capability("first-words")
    world.need("reading", units={"amount": 30, "unit": "Children"}, goals=[1, 2])
    match = reach_agreed(world)
    world.clock.advance(seconds=(LAST_HOUR - world.clock.now()).total_seconds())
    world.introduced(match)
    world.clock.advance(days=30)
    world.outcome(match, "essex", "met", amount=40.0, unit="children")
    world.outcome(match, "bbc", "started", amount=55.0, unit="Children ", vouched=True)
    world.outcome(match, "essex", "started", amount=44.0, unit="children")
    words = "Evening classes in coding for adults who want a first job in software."
    about: dict[str, Any] = {"title": "Coding in the evening", "description": words, "goals": [10]}
    about["material"] = {"title": about["title"], "description": words}
    council: dict[str, Any] = {"sector": "local_government", "places": ["N09000003"]}
    world.member("belfast", name="Belfast City Council", **council)
    world.member("quay", name="Quayside Digital", places=["N09000003"])
    world.capability("coding", **about, member_id="quay", delivers_in=["N09000003"])
    world.need("software", **about, member_id="belfast", places=["N09000003"])
    world.propose()
    other = world.proposed()
    world.do(reject_match, other.match_id, reason_code="not_relevant")
    return match


def rows(desk: Desk, path: str, **query: str) -> list[list[str]]:
    """The rows of a table's file, without its headings."""
    answer = desk.get(f"/reports/{path}.csv", **query)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def only(found: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows in which something was counted."""
    return [list(row) for row in found if any(cell not in {"0", ""} for cell in row[1:])]


@both_stores
def test_a_history_is_counted(office: Office, history: Match) -> None:
    desk = office.desk("Vi", "viewer")
    assert only(rows(desk, "activity/months")) == [
        ["December 2026", "1", "1", "1", "1", "0"],
        ["July 2027", "1", "0", "0", "0", "1"],
    ]
    assert only(rows(desk, "activity/answers")) == [["Yes", "1", "1", "2"]]
    assert rows(desk, "activity/goals") == [
        ["1 Strong foundations in early years", "1", "1", "1"]
    ], "a match counts once, under its first goal"
    assert rows(desk, "activity/regions") == [["East of England", "1", "1", "1"]]
    assert rows(desk, "activity/places") == [["Tendring", "1", "1", "1"]]
    assert {row[0] for row in rows(desk, "activity/sectors")} == {"Local government", "Public body"}
    assert rows(desk, "time/endings") == [["Rejected", "Not relevant", "1"]]
    spent = {row[0]: row[1:] for row in rows(desk, "time/durations")}
    assert spent["To review"] == ["1", "0.0", "0.0"]
    assert spent["Being introduced"] == ["1", "211.6", "211.6"]


@both_stores
def test_planned_reported_and_vouched_are_figures_apart(office: Office, history: Match) -> None:
    desk = office.desk()
    goal = "1 Strong foundations in early years"
    assert rows(desk, "outcomes/results") == [[goal, "1", "1", "1"]]
    assert rows(desk, "outcomes/stages") == [[goal, "0", "0", "1", "0", "0"]]
    assert rows(desk, "outcomes/amounts") == [[goal, "children", "30.0", "55.0", "55.0"]], (
        "two members that report the same count once, and the vouched number is the one"
    )
    assert rows(desk, "outcomes/results", until="2027-06-30") == []


@both_stores
def test_shares_of_help_beside_shares_of_need(office: Office, history: Match) -> None:
    desk = office.desk()
    assert rows(desk, "fairness/regions") == [
        ["Northern Ireland", "1", "0.5", "1", "0", "0.0"],
        ["East of England", "1", "0.5", "1", "1", "1.0"],
    ]
    exposed = {row[0]: row[1:] for row in rows(desk, "fairness/exposure")}
    assert exposed == {
        f"'{FORMULA}": ["1", "0.5", "1", "1"],
        "Quayside Digital": ["1", "0.5", "0", "0"],
    }


@both_stores
def test_a_report_is_narrowed_by_time_and_place(office: Office, history: Match) -> None:
    desk = office.desk()
    assert only(rows(desk, "activity/months", place="Northern Ireland")) == [
        ["July 2027", "1", "0", "0", "0", "0"]
    ]
    assert rows(desk, "activity/goals", member="bbc", sector="public_body", goal="2") != []
    assert rows(desk, "activity/goals", until="2027-06-30", **{"from": "2027-06-01"}) == []
    page = desk.text("/reports/activity", place="Tendrin", until="2027-13-01")
    assert "Did you mean Tendring" in page
    assert "“2027-13-01” is not a day" in page
    assert (
        desk.get("/reports/activity", **{"from": "1999-01-01"}, until="x" * 999).status_code == 200
    )
    assert desk.get("/reports/secrets").status_code == 404
    assert desk.get("/reports/activity/secrets.csv").status_code == 404


@both_stores
def test_every_page_chart_and_file_is_there(office: Office, history: Match) -> None:
    desk = office.desk()
    for name in ("activity", "outcomes", "time", "fairness"):
        page = desk.text(f"/reports/{name}")
        charts = re.findall(r'<img src="(/reports[^"]+)"', page)
        assert charts, "a page has a chart"
        for address in charts:
            answer = desk.client.get(address.replace("&amp;", "&"))
            assert answer.status_code == 200
            picture = ET.fromstring(answer.data)  # noqa: S314 - our own
            assert picture.tag.endswith("svg")
            assert not any("script" in one.tag for one in picture.iter())
            assert not any("style" in one.attrib for one in picture.iter())
            assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert desk.get("/reports/time/endings.svg").status_code == 404, "it has no chart"


def test_a_workbook_holds_every_table_and_no_formula(office: Office, history: Match) -> None:
    answer = office.desk().get("/reports/activity.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames[:3] == ["About", "Month by month", "What members answered"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert f"'{FORMULA}" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)
    assert book["By goal"]["D2"].value == 1, "numbers stay numbers"


def test_a_report_asks_as_much_of_many_matches_as_of_one(office: Office, world: World) -> None:
    def asked() -> int:
        seen: list[str] = []
        engine = office.app.extensions["convene_database"].engine
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        desk.text("/reports/activity", by="members")
        desk.text("/reports/outcomes")
        desk.text("/reports/fairness")
        return len(seen)

    desk = office.desk()
    few = asked()
    tell_sample(world)
    world.propose()
    assert len(world.all()) > 40
    assert asked() == few
