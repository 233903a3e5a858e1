"""A coordinator asks a member something about a match; the match does not move for it.

The email names the member's own listing and nobody else, because the other side may not have been
asked yet. It goes through the ledger as every other, so suppression, mail choices, quiet hours,
the daily cap and a hold count for it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifier.approach import last_asked
from services.notifier.domain.errors import (
    Closed,
    NotAParty,
    OnHold,
    QuestionOpen,
    QuestionUnknown,
)
from services.notifier.domain.matches import CLOSING_STATES
from services.notifier.domain.messages import Kind, State
from services.notifier.store.ledger import Plan, load_message, messages_of_match, plan_message
from services.notifier.store.records import StoredMatch, load_match
from services.notifier.store.vault import Vault
from services.notifier.store.written import (
    Question,
    add_question,
    find_question,
    keep_answer,
    keep_read,
    last_number,
    questions_of_match,
)
from shared.ids import new_id
from shared.storage import Work

_OVER = CLOSING_STATES | {"completed", "ended"}
_NEVER_READ = frozenset({State.FAILED, State.SUPPRESSED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a question goes to and what it is about: the member's own listing, by its title."""

    member_id: str
    member: str
    listing_id: str | None
    about: str
    text: str


def ask_question(work: Work, vault: Vault, match_id: str, asked: Asked) -> Question:
    """Keep the question and plan its email; one at a time for each party.

    Raises `QuestionOpen`, `NotAParty`, `OnHold`, `Closed`.
    """
    stored = _may_be_asked(work, match_id, asked.member_id)
    _refuse_second(work, vault, match_id, asked)
    number = last_number(work.connection, match_id, asked.member_id) + 1
    reached = last_asked(
        messages_of_match(work.connection, match_id, [Kind.APPROACH]), asked.member_id
    )
    plan = Plan(
        kind=Kind.QUESTION,
        match_id=match_id,
        member_id=asked.member_id,
        listing_id=asked.listing_id,
        contact_id=reached.contact_id if reached else None,
        step=number,
        due_at=work.now,
        correlation_id=stored.correlation_id if stored else None,
    )
    message_id = plan_message(work.connection, plan, work.now)
    question = Question(
        question_id=new_id(),
        match_id=match_id,
        member_id=asked.member_id,
        number=number,
        message_id=message_id or "",
        member=asked.member,
        about=asked.about,
        text=asked.text,
        asked_by=work.actor,
        asked_at=work.now,
        answer="",
        who={},
        answered_at=None,
        read_by=None,
        read_at=None,
    )
    if message_id is None or not add_question(work.connection, vault, question):
        raise QuestionOpen(f"somebody has just asked {asked.member} something; look at it first")
    work.audit("question.asked", match_id, {"member_id": asked.member_id, "number": number})
    return question


def answer_question(
    work: Work,
    vault: Vault,
    message_id: str,
    *,
    answer: str,
    who: Mapping[str, str],
    contact_id: str | None,
) -> Question:
    """Keep what the member wrote; the first answer stands, and a second changes nothing."""
    question = find_question(work.connection, vault, message_id=message_id, lock=True)
    if question is None:
        raise QuestionUnknown("this question is not known here any more")
    if question.answered_at is None:
        keep_answer(
            work.connection,
            vault,
            question,
            answer=answer,
            who=who,
            contact_id=contact_id,
            now=work.now,
        )
        work.audit("question.answered", question.match_id, {"member_id": question.member_id})
    return question


def mark_read(work: Work, vault: Vault, question_id: str) -> Question:
    """A coordinator has read the answer; whoever was first is kept."""
    question = find_question(work.connection, vault, question_id=question_id, lock=True)
    if question is None:
        raise QuestionUnknown(f"there is no question {question_id}; look at its match again")
    if question.answered_at is not None and question.read_at is None:
        keep_read(work.connection, question_id, work.actor, work.now)
        work.audit("question.read", question.match_id, {"member_id": question.member_id})
    return find_question(work.connection, vault, question_id=question_id) or question


def _may_be_asked(work: Work, match_id: str, member_id: str) -> StoredMatch | None:
    """What is known of the match here: nothing before it is approved."""
    stored = load_match(work.connection, match_id, lock=True)
    if stored is None:
        return None
    if stored.match.party(member_id) is None:
        raise NotAParty(f"member {member_id} is not a party of match {match_id}")
    if stored.match.on_hold:
        raise OnHold(f"match {match_id} is on hold: no mail goes out; release it first")
    if stored.match.state in _OVER:
        raise Closed(f"match {match_id} is {stored.match.state}: nothing is asked any more")
    return stored


def _refuse_second(work: Work, vault: Vault, match_id: str, asked: Asked) -> None:
    for question in questions_of_match(work.connection, vault, match_id):
        if question.member_id != asked.member_id or question.answered_at is not None:
            continue
        message = load_message(work.connection, question.message_id)
        if message is not None and message.state not in _NEVER_READ:
            raise QuestionOpen(
                f"{asked.member} has not answered your last question yet; wait for the answer or "
                "telephone"
            )
