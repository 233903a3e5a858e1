"""The one rule that lets contacts pass, tried from every side."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.answers import (
    Answer,
    blockers_of_exchange,
    current_answers,
    exchanged_members,
)
from services.notifier.domain.matches import Match, match_from

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GRACE_SECONDS = 120.0


def a_match(**changes: Any) -> Match:
    parties = [
        {"member_id": "a", "name": "A", "role": "needs", "listing_id": "n"},
        {"member_id": "b", "name": "B", "role": "brings", "listing_id": "c"},
        {"member_id": "x", "name": "X", "role": "brings", "listing_id": "d", "necessary": False},
    ]
    return match_from({"match_id": "m", "state": "agreed", "parties": parties, **changes})


def an_answer(member_id: str, answer: str = "yes", *, age: float = 600.0, **more: Any) -> Answer:
    return Answer(
        answer_id=f"{member_id}-{answer}-{age}",
        match_id="m",
        member_id=member_id,
        listing_id="",
        contact_id=None,
        attempt=1,
        answer=answer,
        reason_code=None,
        until=None,
        recorded_by="member",
        given_at=NOW - timedelta(seconds=age),
        text_hash="h",
        **more,
    )


def blockers(match: Match, *answers: Answer) -> list[str]:
    return blockers_of_exchange(match, current_answers(answers), NOW, GRACE_SECONDS)


def test_every_necessary_yes_older_than_the_grace_lets_contacts_pass() -> None:
    assert blockers(a_match(), an_answer("a"), an_answer("b")) == []


@pytest.mark.parametrize(
    ("match", "answers"),
    [
        (a_match(), []),
        (a_match(), [an_answer("a")]),
        (a_match(), [an_answer("a"), an_answer("b", "no")]),
        (a_match(), [an_answer("a"), an_answer("b", "not_now")]),
        (a_match(), [an_answer("a"), an_answer("b", age=119)]),
        (a_match(), [an_answer("a"), an_answer("b", undone_at=NOW)]),
        (a_match(), [an_answer("a"), an_answer("x")]),
        (a_match(state="asked"), [an_answer("a"), an_answer("b")]),
        (a_match(state="withdrawn"), [an_answer("a"), an_answer("b")]),
        (a_match(hold={"code": "x"}), [an_answer("a"), an_answer("b")]),
        (a_match(parties=[]), []),
    ],
)
def test_anything_less_does_not(match: Match, answers: list[Answer]) -> None:
    assert blockers(match, *answers) != []


def test_the_last_answer_that_was_not_undone_stands() -> None:
    current = current_answers(
        [an_answer("a", "no", age=50), an_answer("a", age=500), an_answer("b", undone_at=NOW)]
    )
    assert {member: answer.answer for member, answer in current.items()} == {"a": "no"}


def test_who_is_introduced_said_yes() -> None:
    current = current_answers([an_answer("a"), an_answer("b"), an_answer("x", "no")])
    assert exchanged_members(a_match(), current) == ["a", "b"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abx"),
            st.sampled_from(["yes", "no", "not_now"]),
            st.floats(0, 1000),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.sampled_from(["approved", "asked", "agreed", "declined", "introduced"]),
    st.booleans(),
)
def test_contacts_never_pass_without_the_consent_of_all(
    given_answers: list[tuple[str, str, float, bool]], state: str, held: bool
) -> None:
    answers = [
        an_answer(member, answer, age=age, undone_at=NOW if undone else None)
        for member, answer, age, undone in given_answers
    ]
    match = a_match(state=state, hold={"code": "x"} if held else None)
    if blockers(match, *answers):
        return
    assert state == "agreed"
    assert not held
    current = current_answers(answers)
    for member in ("a", "b"):
        assert current[member].answer == "yes"
        assert (NOW - current[member].given_at).total_seconds() >= GRACE_SECONDS
