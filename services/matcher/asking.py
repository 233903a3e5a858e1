"""Step 10 of the walk, seen from the matcher: what the notifier reports of its messages.

All parties whose turn it is were reached: the match is asked and its clock runs. One cannot be
reached: the clock stops and a coordinator is needed; it never counts as no reply.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.matcher.domain.matches import Match, Party, all_reached, with_party
from services.matcher.domain.states import By, State
from services.matcher.moves import close_by_rule, make_move, note
from services.matcher.recheck import rules_against
from services.matcher.review import Deps, same_revision
from services.matcher.store.matches import load_match, save_match
from shared.storage import Work

APPROACH = "approach"
_CAN_BE_ASKED = (State.APPROVED, State.ASKED, State.UNREACHABLE)


def confirm_approval(work: Work, deps: Deps, match: Match) -> Match:
    """The grace period is over: the rules are asked again, then the parties may be."""
    if _broken(work, deps, match):
        return load_match(work.connection, match.match_id)
    return make_move(work, match, "confirm", By.TIMER, effective_at=None, attempt=match.attempt + 1)


def ask_again(work: Work, deps: Deps, match_id: str, *, revision: int | None = None) -> Match:
    """A coordinator corrected a contact: who could not be reached is asked once more.

    Raises
    ------
    MoveRefused, StaleRevision
        It is not unreachable (any more), or somebody was quicker.

    """
    match = load_match(work.connection, match_id, lock=True)
    same_revision(match, revision)
    work.audit("match.ask_again", match_id)
    if _broken(work, deps, match):
        return load_match(work.connection, match_id)
    parties = tuple(
        replace(party, reach=None, reach_code=None) if party.reach == "failed" else party
        for party in match.parties
    )
    return make_move(
        work, match, "ask_again", By.COORDINATOR, attempt=match.attempt + 1, parties=parties
    )


def message_sent(work: Work, match: Match, data: Mapping[str, Any], lapse_days: float) -> None:
    """Only approaches move a match; the rest is written into its history."""
    party = match.party(data["member_id"])
    if data["kind"] != APPROACH or party is None:
        note(work, match.match_id, f"{data['kind']}_sent", By.NOTIFIER, details=_said(data))
        return
    if match.state not in _CAN_BE_ASKED:
        note(work, match.match_id, "approach_sent", By.NOTIFIER, late=True, details=_said(data))
        return
    reached = _reach(match, data["member_id"], "sent", None)
    note(work, match.match_id, "approach_sent", By.NOTIFIER, details=_said(data))
    if match.state is State.UNREACHABLE or not all_reached(reached):
        _save(work, match, reached)
        return
    lapses_at = work.now + timedelta(days=lapse_days)
    if match.state is State.ASKED:  # the other side was asked after the first yes
        _save(work, match, replace(reached, lapses_at=lapses_at))
        return
    make_move(
        work,
        match,
        "mark_asked",
        By.NOTIFIER,
        parties=reached.parties,
        asked_at=match.asked_at or work.now,
        lapses_at=lapses_at,
    )


def message_failed(work: Work, match: Match, data: Mapping[str, Any]) -> None:
    """A party with nobody to ask, or mail that does not arrive, stops the clock."""
    party = match.party(data["member_id"])
    what = f"{data['kind']}_failed"
    matters = data["kind"] == APPROACH and party is not None and party.necessary
    details = _said(data)
    if not matters or (party and party.answer is not None):
        note(work, match.match_id, what, By.NOTIFIER, code=data["code"], details=details)
        return
    if match.state not in _CAN_BE_ASKED or data["attempt"] < match.attempt:
        note(work, match.match_id, what, By.NOTIFIER, late=True, code=data["code"], details=details)
        return
    failed = _reach(match, data["member_id"], "failed", data["code"])
    note(work, match.match_id, what, By.NOTIFIER, code=data["code"], details=details)
    if match.state is State.UNREACHABLE:
        _save(work, match, failed)
        return
    make_move(
        work,
        match,
        "mark_unreachable",
        By.NOTIFIER,
        code=data["code"],
        parties=failed.parties,
        lapses_at=None,
    )


def _broken(work: Work, deps: Deps, match: Match) -> bool:
    """Whether a rule now refuses it; then it is withdrawn."""
    refusal = rules_against(work.connection, deps.rules, match, work.now)
    if refusal is not None:
        close_by_rule(work, match, refusal.rule)
    return refusal is not None


def _reach(match: Match, member_id: str, reach: Any, code: str | None) -> Match:
    """One email speaks for all listings of a member in this match."""
    for party in match.parties:
        if party.member_id == member_id:
            changed: Party = replace(party, reach=reach, reach_code=code)
            match = with_party(match, changed)
    return match


def _save(work: Work, before: Match, after: Match) -> None:
    save_match(work.connection, before, replace(after, revision=before.revision + 1))


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    names = ("message_id", "member_id", "contact_id", "attempt")
    return {name: data[name] for name in names}
