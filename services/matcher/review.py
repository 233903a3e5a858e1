"""Step 9 of the walk: a coordinator decides. Approval reserves, rejection teaches, both are undone
or opened again only by the rules of the state machine.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.matcher.domain import capacity
from services.matcher.domain.codes import VERDICT
from services.matcher.domain.errors import (
    AlreadyDecided,
    Decision,
    GraceOver,
    RuleBroken,
    StaleRevision,
)
from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.states import By, State
from services.matcher.learn import forget_verdict, learn_from_verdict
from services.matcher.moves import close_match, make_move, touch_capabilities
from services.matcher.recheck import Sides, cannot_be_asked, rules_against, sides_of
from services.matcher.reserve import lock_what_it_takes, reserve
from services.matcher.scoring.index import Model
from services.matcher.scoring.results import Refusal
from services.matcher.settings import MatcherSettings
from services.matcher.store import known
from services.matcher.store.learning import Verdict, add_verdict, code_of, undo_verdict
from services.matcher.store.matches import load_match, set_viewed
from services.matcher.store.reservations import set_status
from shared.ids import new_id
from shared.storage import Work

_DECIDED = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class Deps:
    """What deciding needs beside the transaction.

    `rules` is a model without sentences: it answers what the hard rules say, inside transactions.
    `model` scores, and may write to its cache: use it outside of them only.
    """

    model: Model
    rules: Model
    settings: MatcherSettings


def view_match(work: Work, match_id: str) -> Match:
    """A coordinator opened its page: from now on proposing leaves it alone."""
    match = load_match(work.connection, match_id)
    if match.state is State.PROPOSED and match.viewed_at is None:
        set_viewed(work.connection, match, work.now)
    return match


def approve_match(
    work: Work,
    deps: Deps,
    match_id: str,
    *,
    revision: int | None = None,
    reason_code: str | None = None,
    note: str = "",
) -> Match:
    """Reserve what it takes; the parties are asked when the grace period is over.

    Raises
    ------
    AlreadyDecided, StaleRevision, MoveRefused
        Somebody was quicker, or the match has moved on.
    RuleBroken, NothingLeft
        A rule refuses it today, or nothing is left to reserve.
    UnknownReason
        The reason code is not of the list.

    """
    match = _to_decide(work, match_id, revision)
    if reason_code is not None:
        code_of(work.connection, VERDICT, reason_code)
    lock_what_it_takes(work, match)
    sides = _checked(work, deps, match)
    after = make_move(
        work,
        match,
        "approve",
        By.COORDINATOR,
        code=reason_code,
        approved_at=work.now,
        effective_at=work.now + timedelta(seconds=deps.settings.grace_seconds),
        hold=None,
    )
    reserve(work, match, sides, deps.settings.approaches_per_member)
    verdict = _verdict(work, match, "approve", reason_code, note)
    add_verdict(work.connection, verdict)
    learn_from_verdict(work, match, verdict)
    work.audit("match.approve", match_id, {"reason_code": reason_code})
    waiting = known.turned_away_by(work.connection, match.bringing_member_ids)
    known.mark_to_examine(work.connection, [match.need_id, *waiting])
    touch_capabilities(work, match.capability_ids)
    return after


def undo_approval(work: Work, match_id: str, *, revision: int | None = None) -> Match:
    """Take an approval back while its grace period lasts.

    Raises
    ------
    GraceOver
        It took effect: the parties may have been asked. Withdraw it instead.

    """
    match = load_match(work.connection, match_id, lock=True)
    same_revision(match, revision)
    if match.announced or (match.effective_at is not None and match.effective_at <= work.now):
        raise GraceOver(match.effective_at or match.approved_at or work.now)
    after = make_move(
        work,
        match,
        "undo_approval",
        By.COORDINATOR,
        approved_at=None,
        effective_at=None,
        hold=None,
    )
    kinds = (capacity.CAPACITY, capacity.PLACES, capacity.EXPOSURE)
    set_status(work.connection, match_id, kinds, capacity.RELEASED, work.now)
    undo_verdict(work.connection, match_id, work.now)
    forget_verdict(work, match_id)
    work.audit("match.undo_approval", match_id)
    known.mark_to_examine(work.connection, [match.need_id])
    touch_capabilities(work, match.capability_ids)
    return after


def reject_match(
    work: Work,
    match_id: str,
    *,
    reason_code: str,
    note: str = "",
    until: datetime | None = None,
    revision: int | None = None,
    in_bulk: bool = False,
) -> Match:
    """Say no, with a reason that teaches and keeps the pair apart for a while.

    One reason given to many at once is about none of them in particular: `in_bulk` teaches nothing,
    not even how often a yes comes.

    Raises
    ------
    AlreadyDecided, StaleRevision, MoveRefused, UnknownReason, DateNeeded
        As their messages say.

    """
    match = _to_decide(work, match_id, revision)
    code = code_of(work.connection, VERDICT, reason_code)
    ending = Ending(reason_code, By.COORDINATOR.value, code.cooling_until(work.now, until))
    after = close_match(work, match, "reject", By.COORDINATOR, ending, expires_at=None)
    verdict = _verdict(work, match, "reject", reason_code, note)
    add_verdict(work.connection, verdict)
    if not in_bulk:
        learn_from_verdict(work, match, verdict)
    work.audit("match.reject", match_id, {"reason_code": reason_code, "in_bulk": in_bulk})
    return after


# --- parts ---
def _to_decide(work: Work, match_id: str, revision: int | None) -> Match:
    match = load_match(work.connection, match_id, lock=True)
    last = match.last
    if match.state is not State.PROPOSED and last and last.move in _DECIDED and last.actor_id:
        raise AlreadyDecided(Decision(last.actor_id, _DECIDED[last.move], last.at))
    same_revision(match, revision)
    return match


def same_revision(match: Match, revision: int | None) -> None:
    if revision is not None and revision != match.revision:
        raise StaleRevision(match.match_id, revision, match.revision)


def _checked(work: Work, deps: Deps, match: Match) -> Sides:
    refusal = rules_against(work.connection, deps.rules, match, work.now)
    if refusal is not None:
        raise RuleBroken(refusal.rule, refusal.text)
    name = cannot_be_asked(work.connection, match)
    if name is not None:
        raise RuleBroken(
            "not_asked_yet",
            f"{name} was invited and has not agreed to be asked yet. Wait for its answer, or "
            "make it active and record the ground.",
        )
    sides = sides_of(work.connection, match)
    if isinstance(sides, Refusal):
        raise RuleBroken(sides.rule, sides.text)
    return sides


def _verdict(
    work: Work, match: Match, decision: str, reason_code: str | None, note: str
) -> Verdict:
    return Verdict(
        verdict_id=new_id(),
        match_id=match.match_id,
        decision=decision,
        reason_code=reason_code,
        note=note,
        coordinator_id=work.actor or "",
        at=work.now,
        revision=match.revision,
        score=match.score,
        features=match.features,
        model_version=match.model_version,
        rules_version=match.rules_version,
    )
