"""Steps 11 and 12 of the walk: answers come in; every necessary yes, kept for the grace period,
is an agreement; a necessary no ends the match. One party's reason is never told to another.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from services.matcher.domain.codes import ANSWER, ReasonCode
from services.matcher.domain.errors import DateNeeded, UnknownReason
from services.matcher.domain.matches import (
    Ending,
    Match,
    Party,
    all_reached,
    all_said_yes,
    with_party,
)
from services.matcher.domain.states import By, State
from services.matcher.learn import forget_answer, learn_from_answer
from services.matcher.moves import close_by_rule, close_match, make_move, note
from services.matcher.recheck import rules_against
from services.matcher.reopened import part_from
from services.matcher.review import Deps
from services.matcher.store.learning import code_of
from services.matcher.store.matches import load_match, save_match
from shared.contracts.envelope import read_time
from shared.storage import Work

_OPEN_TO_ANSWERS = (State.APPROVED, State.ASKED, State.UNREACHABLE)


def answer_given(work: Work, match: Match, data: Mapping[str, Any], grace_seconds: float) -> None:
    """Record a yes, no or not now. A late one is written down and changes nothing."""
    party = _party(match, data)
    by = _by(data)
    if party is None or match.state not in _OPEN_TO_ANSWERS:
        note(work, match.match_id, "answer", by, late=True, details=_said(data))
        return
    answered = replace(
        party,
        answer=data["answer"],
        answered_at=read_time(data["given_at"]),
        reason_code=data["reason_code"],
        recorded_by=data["recorded_by"],
        text_hash=data["text_hash"],
    )
    learn_from_answer(work, match, answered)
    after = with_party(match, answered)
    note(work, match.match_id, "answer", by, code=data["reason_code"], details=_said(data))
    if answered.necessary and answered.answer != "yes":
        _decline(work, match, after, answered, data)
        return
    agreed = all_said_yes(after)
    agree_at = work.now + timedelta(seconds=grace_seconds) if agreed else None
    if match.announced and all_reached(after):  # who answered needs no email any more
        make_move(
            work,
            match,
            "mark_asked",
            By.NOTIFIER,
            parties=after.parties,
            asked_at=match.asked_at or work.now,
            agree_at=agree_at,
        )
        return
    _save(work, match, replace(after, agree_at=agree_at))


def answer_undone(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """Until the introduction an answer can be taken back: an agreement is open again."""
    party = _party(match, data)
    by = _by(data)
    movable = match.state in _OPEN_TO_ANSWERS or match.state is State.AGREED
    if party is None or party.answer is None or not movable:
        note(work, match.match_id, "answer_undone", by, late=True, details=_said(data))
        return
    forget_answer(work, match, party)
    cleared = replace(party, answer=None, answered_at=None, reason_code=None, text_hash=None)
    after = replace(with_party(match, cleared), agree_at=None)
    note(work, match.match_id, "answer_undone", by, details=_said(data))
    if match.state is State.AGREED:
        make_move(
            work,
            match,
            "reopen",
            by,
            actor_id=party.member_id,
            parties=after.parties,
            agree_at=None,
            agreed_at=None,
            lapses_at=_lapses_after(match, work.now),
        )
        return
    _save(work, match, after)


def agree(work: Work, deps: Deps, match: Match) -> Match:
    """The grace of the last yes is over. The rules are asked once more."""
    refusal = rules_against(work.connection, deps.rules, match, work.now)
    if refusal is not None:
        return close_by_rule(work, match, refusal.rule)
    return make_move(work, match, "agree", By.TIMER, agree_at=None, agreed_at=work.now)


def check_introduction(work: Work, deps: Deps, match_id: str) -> str | None:
    """Asked by the notifier before it introduces: None, or the code of what stands against it.

    A broken rule withdraws the match at once, so that nobody waits for what will not come.
    """
    match = load_match(work.connection, match_id, lock=True)
    if match.state is not State.AGREED:
        return f"match_{match.state.value}"
    if match.hold is not None:
        return "match_held"
    refusal = rules_against(work.connection, deps.rules, match, work.now)
    if refusal is None:
        return None
    close_by_rule(work, match, refusal.rule)
    return refusal.rule


def _decline(work: Work, match: Match, after: Match, party: Party, data: Mapping[str, Any]) -> None:
    code = data["reason_code"] or ("not_now" if party.answer == "not_now" else "other")
    until = _cooling(work, code, party.answer, _moment(data["until"]))
    by = _by(data)
    said_by = "coordinator" if by is By.COORDINATOR else "member"
    ending = Ending(code, said_by, until)
    part_from(work, match, [party], ending)
    close_match(
        work,
        match,
        "decline",
        by,
        ending,
        actor_id=party.member_id,
        parties=after.parties,
        agree_at=None,
        lapses_at=None,
    )


def _lapses_after(match: Match, now: datetime) -> datetime | None:
    """While it was agreed nobody owed an answer: the deadline moves on by as long."""
    if match.lapses_at is None or match.agreed_at is None:
        return match.lapses_at
    return match.lapses_at + (now - match.agreed_at)


def _cooling(work: Work, code: str, answer: str | None, given: datetime | None) -> datetime | None:
    """A date that is past, or a code we do not know, must not lose the answer."""
    try:
        reason = code_of(work.connection, ANSWER, code)
    except UnknownReason:
        reason = ReasonCode(ANSWER, code, code)
    if answer == "not_now" and given is not None:
        reason = replace(reason, needs_date=True)
    try:
        return reason.cooling_until(work.now, given)
    except DateNeeded:
        return reason.cooling_until(work.now)


def _party(match: Match, data: Mapping[str, Any]) -> Party | None:
    return match.party(data["member_id"], data["listing_id"]) or match.party(data["member_id"])


def _by(data: Mapping[str, Any]) -> By:
    return By.COORDINATOR if data["recorded_by"] == "coordinator" else By.MEMBER


def _moment(day: str | None) -> datetime | None:
    return datetime.combine(datetime.fromisoformat(day), time(), UTC) if day else None


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the history may show to a coordinator; words of the answer are not here at all."""
    names = ("member_id", "answer", "reason_code", "until", "recorded_by", "given_at")
    return {name: data[name] for name in names}


def _save(work: Work, before: Match, after: Match) -> None:
    save_match(work.connection, before, replace(after, revision=before.revision + 1))
