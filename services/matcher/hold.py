"""Holding and releasing: no mail, clocks stopped, until a date or until a coordinator says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.matcher.domain.codes import HOLD
from services.matcher.domain.errors import DateNeeded
from services.matcher.domain.matches import Hold, Match, clocks_after_hold
from services.matcher.domain.states import HOLDABLE, By
from services.matcher.moves import make_move, note
from services.matcher.review import same_revision
from services.matcher.store.learning import code_of
from services.matcher.store.matches import load_match
from shared.storage import Work

CHANGE_SUGGESTED = "change_suggested"


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


def change_suggested(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """A party wants something changed before it answers: the match waits for a coordinator.

    One that is on hold already stays so, for the reason it has.
    """
    details = {name: data[name] for name in ("member_id", "about")}
    late = match.state not in HOLDABLE
    note(work, match.match_id, "change_suggested", By.MEMBER, late=late, details=details)
    if late or match.hold is not None:
        return
    member_id = data["member_id"]
    held = Hold(CHANGE_SUGGESTED, work.now, None, member_id)
    code = CHANGE_SUGGESTED
    make_move(work, match, "hold", By.MEMBER, code=code, actor_id=member_id, hold=held)


def change_taken_back(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """Nothing is suggested any more: what waited for that alone goes on."""
    held = match.hold is not None and match.hold.code == CHANGE_SUGGESTED
    details = {"member_id": data["member_id"]}
    note(work, match.match_id, "change_taken_back", By.MEMBER, late=not held, details=details)
    if held:
        release_match(work, match.match_id, by=By.MEMBER)
