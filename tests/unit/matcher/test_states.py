"""The state machine, row by row: what the table allows and everything that it does not."""

import itertools
from datetime import UTC, datetime

import pytest

from services.matcher.domain.errors import MoveRefused
from services.matcher.domain.states import (
    BEFORE_INTRODUCTION,
    CLOSED,
    MOVES,
    OPEN,
    RUNNING,
    WAITING,
    By,
    LastMove,
    State,
    moves_from,
    target_of,
)

BEFORE = "proposed approved asked unreachable agreed"
# The reviewed table once more, as DOMAIN words have it: move, from, to, by whom, event.
TABLE = """
approve          | proposed                        | approved    | coordinator          |
undo_approval    | approved                        | proposed    | coordinator          |
confirm          | approved                        | approved    | timer                | approved
reject           | proposed                        | rejected    | coordinator          | rejected
supersede        | proposed                        | superseded  | rule coordinator     | superseded
expire           | proposed                        | expired     | timer                | expired
hold             | BEFORE                          | SAME        | coordinator member   | held
release          | BEFORE                          | SAME        | coordinator timer member | released
mark_asked       | approved                        | asked       | notifier             | asked
mark_unreachable | approved asked                  | unreachable | notifier             | unreachable
ask_again        | unreachable                     | approved    | coordinator          | approved
decline          | approved asked unreachable      | declined    | member coordinator   | declined
lapse            | asked                           | lapsed      | timer                | lapsed
agree            | asked unreachable               | agreed      | timer                | agreed
reopen           | agreed                          | asked       | member coordinator   | reopened
withdraw         | BEFORE                          | withdrawn   | coordinator rule     | withdrawn
introduce        | agreed                          | introduced  | notifier             | introduced
start            | introduced                      | active      | member coordinator   | started
complete         | introduced active               | completed   | member coordinator   | completed
end              | introduced active               | ended       | member coordinator   | ended
"""


def rows() -> list[tuple[str, list[str], str, list[str], str]]:
    found = []
    for line in TABLE.strip().splitlines():
        move, sources, target, by, event = (part.strip() for part in line.split("|"))
        sources = BEFORE if sources == "BEFORE" else sources
        found.append((move, sources.split(), target, by.split(), event))
    return found


ALLOWED = {
    (move, source, by): source if target == "SAME" else target
    for move, sources, target, bys, _ in rows()
    for source in sources
    for by in bys
}


@pytest.mark.parametrize("move", sorted(MOVES))
def test_every_combination_of_state_move_and_actor(move: str) -> None:
    for state, by in itertools.product(State, By):
        wanted = ALLOWED.get((move, state.value, by.value))
        if wanted is None:
            with pytest.raises(MoveRefused):
                target_of(state, move, by)
        else:
            assert target_of(state, move, by) is State(wanted)


def test_every_move_is_in_the_table_and_announces_what_it_says() -> None:
    assert {move: row.event or "" for move, row in MOVES.items()} == {
        move: event for move, _, _, _, event in rows()
    }


def test_a_refusal_says_the_state_the_move_and_who_made_the_last() -> None:
    last = LastMove("reject", "coordinator", "c7", datetime(2026, 12, 1, 9, tzinfo=UTC))
    with pytest.raises(MoveRefused) as refused:
        target_of(State.REJECTED, "approve", By.COORDINATOR, last)
    assert str(refused.value) == (
        "A match that is rejected cannot take the move 'approve' by coordinator; the last move was "
        "reject by coordinator c7 at 2026-12-01T09:00:00+00:00. Look at the match again and choose "
        "one of the moves it offers."
    )


def test_the_states_are_divided_without_rest() -> None:
    assert frozenset(State) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert BEFORE_INTRODUCTION | RUNNING == OPEN
    assert WAITING < BEFORE_INTRODUCTION


def test_what_has_ended_moves_no_more() -> None:
    for state, by in itertools.product(CLOSED, By):
        assert moves_from(state, by) == []


def test_every_open_state_can_be_left_and_every_state_is_reached() -> None:
    reached = {State.PROPOSED}
    for _ in State:
        for row in MOVES.values():
            reached |= {row.target} if row.target and row.sources & reached else set()
    assert reached == set(State)
    assert all(any(moves_from(state, by) for by in By) for state in OPEN)


def test_a_coordinator_can_stop_anything_before_the_introduction() -> None:
    for state in BEFORE_INTRODUCTION:
        assert "withdraw" in moves_from(state, By.COORDINATOR)
        assert "hold" in moves_from(state, By.COORDINATOR)
