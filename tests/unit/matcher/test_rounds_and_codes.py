"""Rounds, cooling off, reason codes and what capacity comes to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.domain import capacity
from services.matcher.domain.capacity import Reservation
from services.matcher.domain.codes import (
    ANSWER,
    ENDING,
    FIRST_CODES,
    FOR_GOOD,
    LISTS,
    VERDICT,
    ReasonCode,
)
from services.matcher.domain.entities import Capability, Capacity, Need, Units
from services.matcher.domain.errors import DateNeeded
from services.matcher.domain.rounds import (
    PairMemory,
    Versions,
    capability_set,
    match_id_for,
    opening,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SAME, OTHER = Versions(1, {"c": 1}), Versions(2, {"c": 1})
ids = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)


def memory(until: datetime | None) -> PairMemory:
    return PairMemory("n", "c", "m1", 1, "other", until, SAME)


@given(ids, st.lists(ids, min_size=1, max_size=4), st.integers(1, 50))
def test_a_match_id_depends_on_the_set_and_the_round_only(
    need: str, capabilities: list[str], round_: int
) -> None:
    shuffled = sorted(capabilities, reverse=True) + capabilities[:1]
    assert match_id_for(need, capabilities, round_) == match_id_for(need, shuffled, round_)
    assert capability_set(capabilities) == capability_set(shuffled)
    assert match_id_for(need, capabilities, round_) != match_id_for(need, capabilities, round_ + 1)


def test_ids_that_run_together_do_not_make_the_same_match() -> None:
    assert match_id_for("a", ["b c"], 1) != match_id_for("a", ["b", "c"], 1)
    assert match_id_for("ab", ["c"], 1) != match_id_for("a", ["bc"], 1)


def test_a_match_id_never_changes() -> None:
    assert (
        match_id_for("tendring-reading", ["bbc-first-words"], 1)
        == "fcc32eb6-c057-5b55-ad73-432312282c43"
    )


@pytest.mark.parametrize(
    ("until", "versions", "by_coordinator", "why"),
    [
        (None, SAME, False, "cooling_over"),
        (NOW, SAME, False, "cooling_over"),
        (NOW + timedelta(days=1), SAME, False, None),
        (NOW + timedelta(days=1), OTHER, False, "material_change"),
        (NOW + timedelta(days=1), SAME, True, "coordinator"),
        (FOR_GOOD, OTHER, False, None),
        (FOR_GOOD, SAME, True, "coordinator"),
    ],
)
def test_when_a_new_round_opens(
    until: datetime | None, versions: Versions, by_coordinator: bool, why: str | None
) -> None:
    found = opening(memory(until), versions, NOW, by_coordinator=by_coordinator)
    if why is None:
        assert found is None
    else:
        assert found is not None
        assert (found.round, found.previous_match_id, found.why) == (2, "m1", why)


def test_the_first_round_follows_nothing() -> None:
    found = opening(None, SAME, NOW)
    assert found is not None
    assert (found.round, found.previous_match_id, found.why) == (1, None, "first")


def test_the_lists_hold_the_codes_of_the_design() -> None:
    by_list = {of: {c.code for c in FIRST_CODES if c.of_list == of} for of in LISTS}
    assert by_list[VERDICT] >= {
        "not_relevant",
        "wrong_place",
        "wrong_stage",
        "no_capacity",
        "not_now",
        "already_partners",
        "conflict",
        "quality_concern",
        "other",
    }
    assert by_list[ANSWER] >= {"wrong_person", "looks_like_selling", "do_not_ask_again"}
    assert by_list[ENDING] >= {"never_met", "no_money", "people_left", "done", "other"}
    keys = [(code.of_list, code.code) for code in FIRST_CODES]
    assert len(keys) == len(set(keys))


def test_a_concern_about_quality_teaches_nothing_about_text() -> None:
    codes = {code.code: code for code in FIRST_CODES if code.of_list == VERDICT}
    assert codes["quality_concern"].teaches == ""
    assert codes["wrong_place"].teaches == "place"
    assert codes["already_partners"].cooling_until(NOW) == FOR_GOOD


def test_not_now_keeps_apart_until_the_date_given() -> None:
    code = next(c for c in FIRST_CODES if c.code == "not_now")
    assert code.cooling_until(NOW, NOW + timedelta(days=7)) == NOW + timedelta(days=7)
    assert code.cooling_until(NOW) == NOW + timedelta(days=90)
    with pytest.raises(DateNeeded):
        code.cooling_until(NOW, NOW)


def test_no_cooling_off_is_none() -> None:
    assert ReasonCode("rule", "better_found", "x", cooling_days=0).cooling_until(NOW) is None


@pytest.mark.parametrize(
    ("units", "unit", "wanted"),
    [
        (Units(40, "starts"), "Starts", 40),
        (Units(40, "starts"), "partnerships", 1),
        (None, "starts", 1),
        (Units(0, "starts"), "starts", 1),
    ],
)
def test_a_match_takes_the_needs_units_where_they_agree(
    units: Units | None, unit: str, wanted: int
) -> None:
    need = Need("n", "m", "title", units=units)
    offered = Capability("c", "m", "title", capacity=Capacity(500, unit))
    assert capacity.units_of(need, offered) == wanted


@pytest.mark.parametrize(
    ("published", "now", "start"),
    [
        ("2024-03-10", "2026-12-01", "2026-03-10"),
        ("2024-03-10", "2026-03-09", "2025-03-10"),
        ("2026-03-10", "2026-12-01", "2026-03-10"),
        ("2024-02-29", "2026-12-01", "2026-02-28"),
    ],
)
def test_a_year_begins_on_the_anniversary(published: str, now: str, start: str) -> None:
    def moment(day: str) -> datetime:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)

    assert capacity.period_start(moment(published), moment(now)) == moment(start)


def test_what_was_spent_before_the_anniversary_counts_no_more() -> None:
    def entry(status: str, days: int) -> Reservation:
        return Reservation("m", "capacity", "c", 3, status, NOW + timedelta(days=days), yearly=True)

    entries = [entry("spent", -10), entry("spent", 1), entry("reserved", -10), entry("released", 1)]
    assert capacity.taken(entries, since=NOW) == 6
    assert capacity.taken(entries) == 9
