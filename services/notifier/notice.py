"""Keep what a match event says, before anything is done about it; holds stop the clocks here."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.domain.matches import Match, match_from
from services.notifier.domain.messages import Kind
from services.notifier.store.ledger import shift_due
from services.notifier.store.records import load_match, save_match
from shared.contracts.envelope import Event
from shared.storage import Work

#: Mail whose time runs while a match is open, and stands still while it is on hold.
_CLOCKED = (Kind.APPROACH, Kind.REMINDER, Kind.FOLLOW_UP)


def note_match(work: Work, event: Event) -> Match:
    """Store the whole state that the event carries; an end or a release lets waiting mail go on.

    A match that cannot reach a party stands still as one on hold does: no mail until corrected.
    """
    match = match_from(event.data or {})
    held_since, held_at = _hold(work, match, event)
    if held_since is not None and held_at is None:
        seconds = (event.time - held_since).total_seconds()
        shift_due(work.connection, match.match_id, max(seconds, 0.0), _CLOCKED)
    save_match(work.connection, match, event.correlation_id, held_at, work.now)
    return match


def remember(work: Work, events: Sequence[Event]) -> None:
    """Only what events say, when it is read again from the log: nothing follows from it."""
    for event in events:
        match = match_from(event.data or {})
        _, held_at = _hold(work, match, event)
        save_match(work.connection, match, event.correlation_id, held_at, work.now)


def _hold(work: Work, match: Match, event: Event) -> tuple[datetime | None, datetime | None]:
    """Since when the match stood still until now, and since when it does from now on."""
    stored = load_match(work.connection, match.match_id, lock=True)
    held_since = stored.held_at if stored is not None else None
    stopped = match.is_open and (match.on_hold or match.state == "unreachable")
    return held_since, (held_since or event.time) if stopped else None


def note_event(work: Work, event: Event) -> None:
    """Handler for events that change what we know and ask for nothing else."""
    note_match(work, event)
