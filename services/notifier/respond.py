"""Step 11 of the walk: a party answers, changes its mind, or passes the question to a colleague.

Every step first locks the match, so that answers of one match never race each other or the
exchange of contacts. An answer is published at once; its note and its author stay here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.notifier.approach import approach_next, last_asked, take_back_next
from services.notifier.domain.answers import MAX_PASSES, Answer, current_answers
from services.notifier.domain.errors import (
    AlreadyExchanged,
    Closed,
    MatchUnknown,
    NotAParty,
    NothingToUndo,
    OnHold,
    PassedOnTooOften,
    TextChanged,
)
from services.notifier.domain.matches import Match
from services.notifier.domain.messages import Kind
from services.notifier.domain.schedule import Pace
from services.notifier.domain.story import tell
from services.notifier.store.ledger import Plan, messages_of_match, plan_message
from services.notifier.store.records import (
    Personal,
    StoredMatch,
    add_answer,
    add_pass,
    answers_of_match,
    load_match,
    passes_of_party,
    set_exchange,
    undo,
)
from services.notifier.store.suggestions import still_held
from services.notifier.store.vault import Vault
from shared.contracts.envelope import wire_time
from shared.contracts.types import (
    ANSWER_ACCEPTED,
    ANSWER_DECLINED,
    ANSWER_DEFERRED,
    ANSWER_UNDONE,
)
from shared.ids import new_id
from shared.storage import Work

_EVENT_OF: Mapping[str, str] = {
    "yes": ANSWER_ACCEPTED,
    "no": ANSWER_DECLINED,
    "not_now": ANSWER_DEFERRED,
}


NOTHING_SAID = Personal()


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered; `text_hash` None skips the check that the text was the one shown."""

    answer: str
    reason_code: str | None = None
    until: date | None = None
    personal: Personal = NOTHING_SAID
    text_hash: str | None = None
    contact_id: str | None = None
    recorded_by: str = "member"
    actor: str | None = None


def give_answer(
    work: Work, vault: Vault, pace: Pace, match_id: str, member_id: str, response: Response
) -> Answer:
    """Keep and publish an answer; the same one given again changes nothing.

    Raises `Closed`, `OnHold`, `AlreadyExchanged`, `TextChanged`, `NotAParty`, `MatchUnknown`.
    """
    stored = open_match_of(work, match_id, member_id)
    match = stored.match
    story = tell(match, member_id)
    if response.text_hash is not None and response.text_hash != story.text_hash:
        raise TextChanged("the proposal was changed since this page was opened; read it again")
    current = current_answers(answers_of_match(work.connection, match_id)).get(member_id)
    if current is not None and _same(current, response):
        return current
    if current is not None:
        undo(work.connection, current.answer_id, work.now)
    party = match.party(member_id)
    answer = Answer(
        answer_id=new_id(),
        match_id=match_id,
        member_id=member_id,
        listing_id=party.listing_id if party else "",
        contact_id=response.contact_id,
        attempt=match.attempt,
        answer=response.answer,
        reason_code=response.reason_code,
        until=response.until,
        recorded_by=response.recorded_by,
        given_at=work.now,
        text_hash=story.text_hash,
    )
    add_answer(work.connection, vault, answer, story.shown(), response.personal, response.actor)
    work.publish(
        _EVENT_OF[answer.answer],
        match_id,
        _event_data(answer, answer.answer),
        correlation_id=stored.correlation_id,
        follows=True,
    )
    work.audit("answer.given", match_id, {"member_id": member_id, "answer": answer.answer})
    _follow_on(work, match, answer, pace)
    return answer


def undo_answer(work: Work, match_id: str, member_id: str) -> None:
    """Take an answer back; possible until contacts have been exchanged."""
    stored = open_match_of(work, match_id, member_id)
    current = current_answers(answers_of_match(work.connection, match_id)).get(member_id)
    if current is None:
        raise NothingToUndo("there is no answer to undo; it may have been undone already")
    undo(work.connection, current.answer_id, work.now)
    set_exchange(work.connection, match_id, was="waiting", state="cancelled")
    take_back_next(work, stored.match)
    work.publish(
        ANSWER_UNDONE,
        match_id,
        _event_data(current, None),
        correlation_id=stored.correlation_id,
        follows=True,
    )
    work.audit("answer.undone", match_id, {"member_id": member_id})


def record_answer(
    work: Work, vault: Vault, pace: Pace, match_id: str, member_id: str, response: Response
) -> Answer:
    """A coordinator's record of what a member said; the member gets a copy by email."""
    stored = open_match_of(work, match_id, member_id)
    asked = last_asked(messages_of_match(work.connection, match_id, [Kind.APPROACH]), member_id)
    contact_id = asked.contact_id if asked else None
    answer = give_answer(work, vault, pace, match_id, member_id, _for_contact(response, contact_id))
    plan = Plan(
        kind=Kind.ANSWER_COPY,
        match_id=match_id,
        member_id=member_id,
        listing_id=answer.listing_id,
        contact_id=contact_id,
        attempt=stored.match.attempt,
        step=len(answers_of_match(work.connection, match_id)),
        due_at=work.now,
        correlation_id=stored.correlation_id,
    )
    plan_message(work.connection, plan, work.now)
    return answer


def may_pass_on(work: Work, match_id: str, member_id: str, from_contact_id: str) -> None:
    """Raise unless this contact may name a colleague; checked before the registry is told."""
    open_match_of(work, match_id, member_id)
    passes = passes_of_party(work.connection, match_id, member_id)
    if any(row.from_contact_id == from_contact_id for row in passes):
        raise PassedOnTooOften("you have passed this on already; your colleague has our email")
    if len(passes) >= MAX_PASSES:
        raise PassedOnTooOften(
            f"this has been passed on {len(passes)} times; please reply to our email instead"
        )


def pass_on(
    work: Work, match_id: str, member_id: str, from_contact_id: str, to_contact_id: str
) -> None:
    """Ask a colleague instead, once; whoever passed it on gets no more mail about it."""
    stored = open_match_of(work, match_id, member_id)
    if not add_pass(work.connection, match_id, member_id, from_contact_id, to_contact_id, work.now):
        return
    party = stored.match.party(member_id)
    plan = Plan(
        kind=Kind.APPROACH,
        match_id=match_id,
        member_id=member_id,
        listing_id=party.listing_id if party else None,
        contact_id=to_contact_id,
        attempt=stored.match.attempt,
        due_at=work.now,
        correlation_id=stored.correlation_id,
    )
    plan_message(work.connection, plan, work.now)
    work.audit("question.passed_on", match_id, {"member_id": member_id})


def open_match_of(work: Work, match_id: str, member_id: str, *, held: bool = False) -> StoredMatch:
    """The match, locked, as long as its party may still be heard; `held`: also while on hold."""
    stored = load_match(work.connection, match_id, lock=True)
    if stored is None:
        raise MatchUnknown(f"match {match_id} is not known here yet; try again in a minute")
    match = stored.match
    if match.party(member_id) is None:
        raise NotAParty(f"member {member_id} is not a party of match {match_id}")
    if any(answer.exchanged_at for answer in answers_of_match(work.connection, match_id)):
        raise AlreadyExchanged("contacts have been exchanged; this answer can no longer change")
    if not match.is_open:
        raise Closed(f"match {match_id} is {match.state}: nothing is asked any more")
    if not held and still_held(work.connection, match):
        raise OnHold(f"match {match_id} is on hold; wait until it is released")
    return stored


def _same(current: Answer, response: Response) -> bool:
    given = (current.answer, current.reason_code, current.until)
    return given == (response.answer, response.reason_code, response.until)


def _follow_on(work: Work, match: Match, answer: Answer, pace: Pace) -> None:
    if answer.answer == "yes":
        due_at = answer.given_at + timedelta(seconds=pace.grace_seconds)
        approach_next(work, match, due_at)
    else:
        set_exchange(work.connection, match.match_id, was="waiting", state="cancelled")
        take_back_next(work, match)


def _event_data(answer: Answer, value: str | None) -> dict[str, object]:
    return {
        "match_id": answer.match_id,
        "member_id": answer.member_id,
        "listing_id": answer.listing_id or None,
        "answer": value,
        "reason_code": answer.reason_code,
        "until": answer.until.isoformat() if answer.until else None,
        "recorded_by": answer.recorded_by,
        "given_at": wire_time(answer.given_at),
        "text_hash": answer.text_hash,
        "attempt": answer.attempt,
    }


def _for_contact(response: Response, contact_id: str | None) -> Response:
    return Response(
        answer=response.answer,
        reason_code=response.reason_code,
        until=response.until,
        personal=response.personal,
        contact_id=contact_id,
        recorded_by="coordinator",
        actor=response.actor,
    )
