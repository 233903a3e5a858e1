"""Where a match can be, and who may move it: the reviewed table behind steps 8 to 14 of the walk.

The table is data. Everything that changes a match names one of its moves; a move that the table
does not allow is refused with the state, the move and who made the last one.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.matcher.domain.errors import MoveRefused


class State(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    ASKED = "asked"
    UNREACHABLE = "unreachable"
    AGREED = "agreed"
    INTRODUCED = "introduced"
    ACTIVE = "active"
    COMPLETED = "completed"
    ENDED = "ended"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class By(StrEnum):
    """Who makes a move. What the notifier reports of its own work is `notifier`; an answer or an
    outcome that it passes on is the member's.
    """

    COORDINATOR = "coordinator"
    MEMBER = "member"
    RULE = "rule"
    TIMER = "timer"
    NOTIFIER = "notifier"


WAITING = frozenset({State.APPROVED, State.ASKED, State.UNREACHABLE, State.AGREED})
"""Approved and not yet introduced: capacity, partner places and exposure are reserved."""
BEFORE_INTRODUCTION = WAITING | {State.PROPOSED}
RUNNING = frozenset({State.INTRODUCED, State.ACTIVE})
OPEN = BEFORE_INTRODUCTION | RUNNING
"""At most one match per need and set of capabilities is in one of these."""
CLOSED = frozenset(State) - OPEN
HOLDABLE = BEFORE_INTRODUCTION
"""A hold is possible on any match up to `agreed`."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. `target` None keeps the state; `event` is the last word of the event
    type, None when the move is not announced (an approval is, when its grace period is over).
    """

    name: str
    sources: frozenset[State]
    target: State | None
    by: frozenset[By]
    event: str | None


def _move(
    name: str, sources: set[State] | frozenset[State], target: State | None, by: str, event: str
) -> Move:
    return Move(
        name, frozenset(sources), target, frozenset(By(who) for who in by.split()), event or None
    )


_S = State
MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        # name, from, to, who may, event
        _move("approve", {_S.PROPOSED}, _S.APPROVED, "coordinator", ""),
        _move("undo_approval", {_S.APPROVED}, _S.PROPOSED, "coordinator", ""),
        _move("confirm", {_S.APPROVED}, None, "timer", "approved"),
        _move("reject", {_S.PROPOSED}, _S.REJECTED, "coordinator", "rejected"),
        _move("supersede", {_S.PROPOSED}, _S.SUPERSEDED, "rule coordinator", "superseded"),
        _move("expire", {_S.PROPOSED}, _S.EXPIRED, "timer", "expired"),
        _move("hold", HOLDABLE, None, "coordinator member", "held"),
        _move("release", HOLDABLE, None, "coordinator timer member", "released"),
        _move("mark_asked", {_S.APPROVED}, _S.ASKED, "notifier", "asked"),
        _move(
            "mark_unreachable",
            {_S.APPROVED, _S.ASKED},
            _S.UNREACHABLE,
            "notifier",
            "unreachable",
        ),
        _move("ask_again", {_S.UNREACHABLE}, _S.APPROVED, "coordinator", "approved"),
        _move(
            "decline",
            {_S.APPROVED, _S.ASKED, _S.UNREACHABLE},
            _S.DECLINED,
            "member coordinator",
            "declined",
        ),
        _move("lapse", {_S.ASKED}, _S.LAPSED, "timer", "lapsed"),
        _move("agree", {_S.ASKED, _S.UNREACHABLE}, _S.AGREED, "timer", "agreed"),
        _move("reopen", {_S.AGREED}, _S.ASKED, "member coordinator", "reopened"),
        _move("withdraw", BEFORE_INTRODUCTION, _S.WITHDRAWN, "coordinator rule", "withdrawn"),
        _move("introduce", {_S.AGREED}, _S.INTRODUCED, "notifier", "introduced"),
        _move("start", {_S.INTRODUCED}, _S.ACTIVE, "member coordinator", "started"),
        _move("complete", RUNNING, _S.COMPLETED, "member coordinator", "completed"),
        _move("end", RUNNING, _S.ENDED, "member coordinator", "ended"),
    )
}


@dataclass(frozen=True, slots=True)
class LastMove:
    """Who made the last move, as far as it may be said: a code and an opaque id, never a name."""

    move: str
    by: str
    actor_id: str | None
    at: datetime


def target_of(state: State, move: str, by: By, last: LastMove | None = None) -> State:
    """The state after the move.

    Raises
    ------
    MoveRefused
        The table does not allow it from this state, or not by this kind of actor.

    """
    row = MOVES[move]
    if state not in row.sources or by not in row.by:
        raise MoveRefused(state=state.value, move=move, by=by.value, last=_said(last))
    return row.target or state


def moves_from(state: State, by: By) -> list[str]:
    """The moves that this kind of actor may make now, in the order of the table."""
    return [row.name for row in MOVES.values() if state in row.sources and by in row.by]


def _said(last: LastMove | None) -> str:
    if last is None:
        return "nobody has moved it yet"
    who = f"{last.by} {last.actor_id}" if last.actor_id else last.by
    return f"the last move was {last.move} by {who} at {last.at.isoformat(timespec='seconds')}"
