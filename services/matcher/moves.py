"""The one place where a match changes: state, history, event, reservations and memory together.

Use cases of steps 8 to 14 decide; this carries the decision out, all in the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.matcher.announce import announce
from services.matcher.domain import capacity
from services.matcher.domain.codes import RULE
from services.matcher.domain.errors import UnknownReason
from services.matcher.domain.matches import Ending, Match, moved
from services.matcher.domain.rounds import PairMemory
from services.matcher.domain.states import BEFORE_INTRODUCTION, MOVES, By
from services.matcher.store import known, tables
from services.matcher.store.history import LATE, MOVE, NOTE, Entry, append_entry
from services.matcher.store.inputs import keep_inputs
from services.matcher.store.learning import code_of
from services.matcher.store.matches import insert_match, save_match
from services.matcher.store.memory import memory_of, remember
from services.matcher.store.reservations import reservations_of, set_status
from shared.storage import Work

ALL_KINDS = (capacity.CAPACITY, capacity.PLACES, capacity.EXPOSURE)
_ENDING_OF_RULE = {
    "paused": "member_left",
    "not_published": "listing_closed",
    "no_partner_place": "no_place_left",
}


def open_match(work: Work, match: Match, happened: str, by: By) -> None:
    """A match that was not there before: `proposed`, or `recorded` when it was made elsewhere."""
    insert_match(work.connection, match)
    keep_inputs(work.connection, match)
    event = announce(work, match, happened)
    entry = Entry(
        at=work.now,
        kind=MOVE,
        move="propose" if happened == "proposed" else "record",
        by=by.value,
        to_state=match.state.value,
        code=match.opened_by,
        event_id=event.id,
        cause_id=work.cause.id if work.cause else None,
        details={"round": match.round, "previous_match_id": match.previous_match_id},
    )
    append_entry(work.connection, match.match_id, entry)


def make_move(
    work: Work,
    match: Match,
    move: str,
    by: By,
    *,
    code: str | None = None,
    actor_id: str | None = None,
    **changes: Any,
) -> Match:
    """Carry out a move of the table; returns the match as it stands now.

    Raises
    ------
    MoveRefused
        The state machine does not allow it.
    StaleRevision
        Somebody else moved the match since it was read.

    """
    actor = actor_id or work.actor
    after = moved(match, move, by, work.now, actor_id=actor, **changes)
    save_match(work.connection, match, after)
    happened = MOVES[move].event
    event = announce(work, after, happened) if happened else None
    entry = Entry(
        at=work.now,
        kind=MOVE,
        move=move,
        by=by.value,
        from_state=match.state.value,
        to_state=after.state.value,
        actor_id=actor,
        code=code,
        event_id=event.id if event else None,
        cause_id=work.cause.id if work.cause else None,
    )
    append_entry(work.connection, match.match_id, entry)
    return after


def note(
    work: Work,
    match_id: str,
    what: str,
    by: By,
    *,
    late: bool = False,
    code: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what happened without moving the match; `late` when it had moved on already."""
    entry = Entry(
        at=work.now,
        kind=LATE if late else NOTE,
        move=what,
        by=by.value,
        actor_id=work.actor,
        code=code,
        cause_id=work.cause.id if work.cause else None,
        details=details or {},
    )
    append_entry(work.connection, match_id, entry)


def close_match(
    work: Work,
    match: Match,
    move: str,
    by: By,
    ending: Ending,
    *,
    actor_id: str | None = None,
    frees: bool = True,
    **changes: Any,
) -> Match:
    """End a match: what it held is given back, the pair cools off, what waited is looked at.

    `frees` is False where its supplier has a better proposal in its place, so has no more room.
    """
    after = make_move(
        work,
        match,
        move,
        by,
        code=ending.code,
        actor_id=actor_id,
        ending=ending,
        closed_at=work.now,
        hold=None,
        **changes,
    )
    _give_back(work, match, move)
    memory = PairMemory(
        match.need_id,
        match.capability_set,
        match.match_id,
        match.round,
        ending.code,
        ending.cooling_off_until,
        match.versions,
    )
    remember(work.connection, memory)
    waiting = known.turned_away_by(work.connection, match.bringing_member_ids) if frees else []
    known.mark_to_examine(work.connection, [match.need_id, *waiting])
    return after


def close_by_rule(
    work: Work, match: Match, rule: str, *, superseded_by: str | None = None
) -> Match:
    """What a rule ends: a proposal gives way to whoever took the place, the rest is withdrawn."""
    code = _ENDING_OF_RULE.get(rule, rule)
    move = "supersede" if code == "no_place_left" else "withdraw"
    return close_match(
        work,
        match,
        move,
        By.RULE,
        Ending(code, By.RULE.value, _cooling(work, match, rule)),
        superseded_by=superseded_by,
    )


def _cooling(work: Work, match: Match, rule: str) -> datetime | None:
    """What ends because its pair cools off (a supplier said no in a consortium) ends no cooling."""
    if rule != "cooling_off":
        return rule_cooling(work, _ENDING_OF_RULE.get(rule, rule))
    memory = memory_of(work.connection, match.need_id, match.capability_set)
    return memory.cooling_until if memory else None


def rule_cooling(work: Work, code: str) -> datetime | None:
    """How long the pair cools off after an end that nobody chose."""
    try:
        return code_of(work.connection, RULE, code).cooling_until(work.now)
    except UnknownReason:
        return None  # the end of a hard rule: the rule itself keeps the pair apart


def _give_back(work: Work, match: Match, move: str) -> None:
    """Before the introduction everything comes back. After it, capacity that is "at a time" does;
    what counts by the year renews on its anniversary, and a partner place comes back only where
    the partnership came to nothing.
    """
    if not reservations_of(work.connection, match.match_id):
        return
    before = match.state in BEFORE_INTRODUCTION
    kinds = ALL_KINDS if before or move == "end" else (capacity.CAPACITY,)
    set_status(
        work.connection,
        match.match_id,
        kinds,
        capacity.RELEASED,
        work.now,
        but_yearly=not before,
    )
    touch_capabilities(work, match.capability_ids)


def touch_capabilities(work: Work, capability_ids: tuple[str, ...]) -> None:
    """A new change number, so that every worker looks again at the needs it could serve."""
    for capability_id in sorted(capability_ids):
        known.touch(work.connection, tables.capabilities, capability_id)
