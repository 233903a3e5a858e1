"""Steps 13 and 14 of the walk, seen from the matcher: the introduction, and what came of it."""

from collections.abc import Mapping
from typing import Any

from services.matcher.domain import capacity
from services.matcher.domain.codes import ENDING
from services.matcher.domain.errors import UnknownReason
from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.states import RUNNING, By, State
from services.matcher.learn import learn_from_outcome
from services.matcher.moves import close_match, make_move, note
from services.matcher.store.learning import code_of
from services.matcher.store.reservations import set_status
from shared.contracts.envelope import read_time
from shared.storage import Work

_SAID = ("member_id", "stage", "ending_code", "goal", "amount", "unit", "period", "vouched")


def introduction_sent(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """Every copy was taken: what was reserved is spent, the members can be asked about others."""
    if match.state is not State.AGREED:
        note(work, match.match_id, "introduction_sent", By.NOTIFIER, late=True)
        return
    make_move(
        work,
        match,
        "introduce",
        By.NOTIFIER,
        introduced_at=read_time(data["sent_at"]),
        hold=None,
    )
    spent = (capacity.CAPACITY, capacity.PLACES)
    set_status(work.connection, match.match_id, spent, capacity.SPENT, work.now)
    exposure = (capacity.EXPOSURE,)
    set_status(work.connection, match.match_id, exposure, capacity.RELEASED, work.now)


def outcome_reported(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """First contact makes it active, the rest closes it; a stage already passed is written down."""
    stage, member_id = data["stage"], data["member_id"]
    details = {name: data[name] for name in _SAID}
    late = match.state not in RUNNING
    note(work, match.match_id, "outcome", By.MEMBER, late=late, code=stage, details=details)
    learn_from_outcome(work, match, member_id, stage, data["ending_code"] or "")
    if late:
        return
    match stage:
        case "met" | "started":
            if match.state is State.INTRODUCED:
                make_move(work, match, "start", By.MEMBER, actor_id=member_id)
        case "finished":
            _close(work, match, "complete", "done", member_id)
        case _:
            _close(work, match, "end", data["ending_code"] or "other", member_id)


def _close(work: Work, match: Match, move: str, code: str, member_id: str) -> None:
    try:
        until = code_of(work.connection, ENDING, code).cooling_until(work.now)
    except UnknownReason:
        until = code_of(work.connection, ENDING, "other").cooling_until(work.now)
    ending = Ending(code, By.MEMBER.value, until)
    close_match(work, match, move, By.MEMBER, ending, actor_id=member_id)
