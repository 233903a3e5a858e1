"""Answers of parties, and the one rule that lets contacts be exchanged.

An answer is to the text its page showed. It can be changed or undone until contacts have been
exchanged; from there not, because what was told cannot be untold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.notifier.domain.matches import Match

ANSWERS = ("yes", "no", "not_now")
#: Reason codes beside a no, in the order the page offers them, in the words it uses.
NO_REASONS: Mapping[str, str] = {
    "not_relevant": "It is not relevant to us",
    "wrong_place": "Wrong place",
    "wrong_stage": "Wrong age group or stage of life",
    "no_capacity": "We do not have the capacity",
    "already_partners": "We already work with them",
    "looks_like_selling": "It looks like selling",
    "quality_concern": "We have a concern about quality",
    "conflict": "A conflict of interest",
    "do_not_ask_again": "Please do not ask us about this again",
    "other": "Another reason",
}
REASON_CODES = frozenset({*NO_REASONS, "not_now", "wrong_person"})
MAX_NOTE_CHARACTERS = 2000
MAX_PASSES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of one party, without its personal parts (note, who gave it)."""

    answer_id: str
    match_id: str
    member_id: str
    listing_id: str
    contact_id: str | None
    attempt: int
    answer: str
    reason_code: str | None
    until: date | None
    recorded_by: str
    given_at: datetime
    text_hash: str
    undone_at: datetime | None = None
    exchanged_at: datetime | None = None


def current_answers(answers: Iterable[Answer]) -> dict[str, Answer]:
    """The answer that stands for each member: the last one given and not undone."""
    current: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda item: (item.given_at, item.answer_id)):
        if answer.undone_at is None:
            current[answer.member_id] = answer
    return current


def blockers_of_exchange(
    match: Match, current: Mapping[str, Answer], now: datetime, grace_seconds: float
) -> list[str]:
    """Why contacts may not be exchanged yet: empty means they may.

    Every necessary party must have said yes, each yes must be older than the grace period,
    and the match must be agreed and not on hold.
    """
    blockers = []
    if match.state != "agreed":
        blockers.append(f"match is {match.state}")
    if match.on_hold:
        blockers.append("match is on hold")
    if not any(party.necessary for party in match.parties):
        blockers.append("match has no necessary party")
    for party in match.parties:
        if not party.necessary:
            continue
        answer = current.get(party.member_id)
        if answer is None or answer.answer != "yes":
            blockers.append(f"{party.member_id} has not said yes")
        elif answer.given_at + timedelta(seconds=grace_seconds) > now:
            blockers.append(f"the yes of {party.member_id} can still be undone")
    return blockers


def exchanged_members(match: Match, current: Mapping[str, Answer]) -> list[str]:
    """Who is introduced: the parties that said yes, necessary or not, in the match's order."""
    yes = {member for member, answer in current.items() if answer.answer == "yes"}
    return [party.member_id for party in match.parties if party.member_id in yes]
