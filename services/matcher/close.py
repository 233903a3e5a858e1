"""How a match ends by a decision: a coordinator withdraws or ends it."""

from services.matcher.domain.codes import ENDING
from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.states import By
from services.matcher.moves import close_match
from services.matcher.review import same_revision
from services.matcher.store.learning import code_of
from services.matcher.store.matches import load_match
from shared.storage import Work


def withdraw_match(
    work: Work, match_id: str, *, reason_code: str, revision: int | None = None
) -> Match:
    """Take it back before the introduction; what it held is given back.

    Raises
    ------
    MoveRefused, StaleRevision, UnknownReason
        As their messages say.

    """
    return _close(work, match_id, "withdraw", reason_code, revision)


def end_match(work: Work, match_id: str, *, reason_code: str, revision: int | None = None) -> Match:
    """After the introduction: it came to nothing, or not to what was hoped. Raises likewise."""
    return _close(work, match_id, "end", reason_code, revision)


def complete_match(work: Work, match_id: str, *, revision: int | None = None) -> Match:
    """What they set out to do is done."""
    return _close(work, match_id, "complete", "done", revision)


def _close(work: Work, match_id: str, move: str, reason_code: str, revision: int | None) -> Match:
    match = load_match(work.connection, match_id, lock=True)
    same_revision(match, revision)
    code = code_of(work.connection, ENDING, reason_code)
    ending = Ending(reason_code, By.COORDINATOR.value, code.cooling_until(work.now))
    after = close_match(
        work, match, move, By.COORDINATOR, ending, effective_at=None, agree_at=None, lapses_at=None
    )
    work.audit(f"match.{move}", match_id, {"reason_code": reason_code})
    return after
