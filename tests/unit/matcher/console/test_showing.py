"""What pages are made of: bars that add up, cells that are no formulas, codes in words."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from services.matcher.console import words
from services.matcher.console.match.read import best_reasons, contributions
from services.matcher.console.reports.safe_csv import BYTE_ORDER_MARK, csv_lines, safe_cell
from services.matcher.console.review.listed import LISTS, list_of
from services.matcher.domain.codes import FIRST_CODES
from services.matcher.domain.matches import Match
from services.matcher.domain.rounds import Versions
from services.matcher.domain.states import MOVES, State
from services.matcher.scoring.learning.scorer import BASELINE, FEATURES
from services.matcher.scoring.market.rules import RULES


def match_with(parts: Mapping[str, float]) -> Match:
    reasons: tuple[Mapping[str, Any], ...] = tuple(
        {"feature": name, "contribution": part, "text": f"{name}."} for name, part in parts.items()
    )
    return Match(
        match_id="m",
        need_id="n",
        capability_ids=("c",),
        round=1,
        state=State.PROPOSED,
        proposed_at=datetime(2026, 1, 1, tzinfo=UTC),
        parties=(),
        versions=Versions(1, {"c": 1}),
        need={},
        reasons=reasons,
        score=sum(parts.values()),
    )


def test_each_bar_begins_where_the_one_before_ended() -> None:
    bars = contributions(match_with({"baseline": 0.2, "meaning": 0.5, "place": -0.1, "goals": 0.2}))
    assert [(bar.start, bar.length) for bar in bars] == [(0, 20), (20, 50), (60, 10), (60, 20)]
    assert bars[-1].start + bars[-1].length == pytest.approx(80)


def test_no_bar_leaves_the_ground() -> None:
    bars = contributions(match_with({"baseline": 0.05, "words": -0.1, "goals": 0.9}))
    assert all(bar.start >= 0 for bar in bars)


def test_the_best_reasons_are_those_that_help_most() -> None:
    match = match_with({"baseline": 0.9, "words": 0.1, "goals": 0.3, "place": -0.5, "help": 0.2})
    assert best_reasons(match) == ["goals.", "help."]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-1", "@x", "\t=1", "\r=1", "  =1", "|cmd", "＝1", "%0A"]
)
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "shown"), [(None, ""), (-3, "-3"), ("Essex", "Essex"), (0, "0")])
def test_the_rest_stays_as_it_is(value: object, shown: str) -> None:
    assert safe_cell(value) == shown


def test_rows_survive_quotes_and_line_breaks() -> None:
    text = "".join(csv_lines(["a", "b"], [['say "hi"', "two\nlines"], ["x;y", "ü"]]))
    assert text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert rows == [["a", "b"], ['say "hi"', "two\nlines"], ["x;y", "ü"]]


def test_every_state_move_rule_and_feature_has_its_words() -> None:
    assert set(words.STATES) == {state.value for state in State}
    assert set(MOVES) <= set(words.MOVES)
    assert set(RULES) <= set(words.RULES)
    assert {BASELINE, *FEATURES} <= set(words.FEATURES)
    assert all(code.label for code in FIRST_CODES)


def test_an_unknown_code_is_shown_and_not_hidden() -> None:
    assert words.said(words.RULES, "brand_new_rule") == "Brand new rule"
    assert words.term("sector", "space_agency") == "Space agency"
    assert words.goal(99) == "Goal 99"


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("held", [False, True])
def test_every_match_stands_in_a_list(state: State, *, held: bool) -> None:
    assert list_of(state, held=held) in LISTS
