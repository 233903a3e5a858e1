"""Holding and releasing: no mail, clocks stopped, until a date or until a coordinator says so."""

from datetime import datetime
from typing import Any

from services.matcher.domain.codes import HOLD
from services.matcher.domain.errors import DateNeeded
from services.matcher.domain.matches import Hold, Match, clocks_after_hold
from services.matcher.domain.states import By
from services.matcher.moves import make_move
from services.matcher.review import same_revision
from services.matcher.store.learning import code_of
from services.matcher.store.matches import load_match
from shared.storage import Work


def hold_match(
    work: Work,
    match_id: str,
    *,
    code: str,
    until: datetime | None = None,
    revision: int | None = None,
) -> Match:
    """Stop the match where it is. Held again, it keeps the day its clocks were stopped.

    Raises
    ------
    MoveRefused, StaleRevision, UnknownReason, DateNeeded
        As their messages say.

    """
    match = load_match(work.connection, match_id, lock=True)
    same_revision(match, revision)
    code_of(work.connection, HOLD, code)
    if until is not None and until <= work.now:
        raise DateNeeded(code)
    since = match.hold.since if match.hold else work.now
    held = Hold(code, since, until, work.actor)
    after = make_move(work, match, "hold", By.COORDINATOR, code=code, hold=held)
    work.audit("match.hold", match_id, {"code": code})
    return after


def release_match(
    work: Work, match_id: str, *, by: By = By.COORDINATOR, revision: int | None = None
) -> Match:
    """Let it go on; every deadline moves on by as long as it was held. Not held: as it was."""
    match = load_match(work.connection, match_id, lock=True)
    same_revision(match, revision)
    if match.hold is None:
        return match
    clocks: dict[str, Any] = {**clocks_after_hold(match, work.now)}
    after = make_move(work, match, "release", by, code=match.hold.code, hold=None, **clocks)
    if by is By.COORDINATOR:
        work.audit("match.release", match_id)
    return after
