"""The life of a message: every move that is allowed, and no other."""

from datetime import UTC, datetime
from itertools import product

import pytest

from services.notifier.domain.errors import InvalidMove
from services.notifier.domain.messages import (
    CANCELLABLE,
    MOVES,
    WAITING,
    Kind,
    Message,
    State,
    check_move,
    dedupe_key,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def a_message(**changes: object) -> Message:
    values: dict[str, object] = {
        "message_id": "m",
        "kind": Kind.APPROACH,
        "match_id": "match",
        "member_id": "bbc",
        "listing_id": None,
        "contact_id": None,
        "attempt": 1,
        "step": 0,
        "due_at": NOW,
        "state": State.PLANNED,
        "tries": 0,
        "ambiguous_count": 0,
        "claim": None,
        "mime_id": None,
        "correlation_id": None,
        "planned_at": NOW,
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "to"), list(product(State, State)))
def test_a_move_is_allowed_exactly_where_the_table_says_so(state: State, to: State) -> None:
    if to in MOVES[state]:
        check_move("m", state, to)
    else:
        with pytest.raises(InvalidMove, match=f"{state.value}.*{to.value}"):
            check_move("m", state, to)


def test_every_state_has_its_row_and_can_be_reached() -> None:
    assert set(MOVES) == set(State)
    reached = {State.PLANNED}.union(*MOVES.values())
    assert reached == set(State)


def test_after_the_dot_nothing_is_simply_sent_again() -> None:
    assert State.PLANNED not in MOVES[State.DOT_WRITTEN]
    assert State.CLAIMED not in MOVES[State.DOT_WRITTEN]
    assert State.CANCELLED not in MOVES[State.DOT_WRITTEN]


def test_what_waits_can_be_claimed_and_what_is_unsent_cancelled() -> None:
    assert all(State.CLAIMED in MOVES[state] for state in WAITING)
    assert all(State.CANCELLED in MOVES[state] for state in CANCELLABLE)


@pytest.mark.parametrize(
    ("state", "doubts", "expected"),
    [
        (State.ACCEPTED, 0, True),
        (State.DOT_WRITTEN, 0, True),
        (State.AMBIGUOUS, 1, True),
        (State.CANCELLED, 1, True),
        (State.CANCELLED, 0, False),
        (State.FAILED, 1, False),
        (State.PLANNED, 0, False),
    ],
)
def test_who_may_have_read_it_is_told_when_it_ends(
    state: State, doubts: int, *, expected: bool
) -> None:
    message = a_message(state=state, ambiguous_count=doubts)
    assert message.may_have_arrived is expected


def test_the_identity_of_a_message_tells_attempts_steps_and_people_apart() -> None:
    keys = {
        dedupe_key(Kind.APPROACH, "match", "bbc", None, 1, 0),
        dedupe_key(Kind.APPROACH, "match", "bbc", None, 2, 0),
        dedupe_key(Kind.APPROACH, "match", "bbc", "colleague", 1, 0),
        dedupe_key(Kind.REMINDER, "match", "bbc", None, 1, 1),
        dedupe_key(Kind.REMINDER, "match", "bbc", None, 1, 2),
    }
    assert len(keys) == 5
