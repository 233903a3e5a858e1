"""Step 10 of the walk: one email to each party of an approved match, once per attempt.

An attempt after a corrected contact asks only who was not reached before; whoever was asked
already is reported as such, so that the matcher need not wait for a second email.
"""

from datetime import datetime

from services.notifier.domain.answers import current_answers
from services.notifier.domain.matches import Match, Party
from services.notifier.domain.messages import Kind, Message, State
from services.notifier.notice import note_match
from services.notifier.store.ledger import Plan, cancel_unsent, messages_of_match, plan_message
from services.notifier.store.records import answers_of_match, load_match
from shared.contracts.envelope import Event
from shared.contracts.types import MESSAGE_SENT
from shared.storage import Work


def approach_parties(work: Work, event: Event) -> None:
    """Plan the approaches of an approved match: all together, or the needing side first."""
    match = note_match(work, event)
    cancel_unsent(
        work.connection,
        work.now,
        match_id=match.match_id,
        kinds=(Kind.APPROACH, Kind.REMINDER),
        before_attempt=match.attempt,
    )
    for party in match.first_asked():
        _ask(work, match, party, work.now)
    if _first_have_said_yes(work, match):
        for party in match.asked_next():
            _ask(work, match, party, work.now)


def approach_next(work: Work, match: Match, due_at: datetime) -> None:
    """Ask the remaining parties once every party asked first has said yes."""
    if match.asked_next() and _first_have_said_yes(work, match):
        for party in match.asked_next():
            _ask(work, match, party, due_at)


def take_back_next(work: Work, match: Match) -> None:
    """A yes was undone: whoever was to be asked because of it is not asked, if still unsent."""
    for party in match.asked_next():
        cancel_unsent(
            work.connection,
            work.now,
            match_id=match.match_id,
            member_id=party.member_id,
            kinds=(Kind.APPROACH,),
        )


def last_asked(messages: list[Message], member_id: str) -> Message | None:
    """The approach that reached this party last, or may have."""
    reached = [
        message
        for message in messages
        if message.kind is Kind.APPROACH
        and message.member_id == member_id
        and message.may_have_arrived
    ]
    return max(reached, key=lambda message: (message.attempt, message.planned_at), default=None)


def _first_have_said_yes(work: Work, match: Match) -> bool:
    current = current_answers(answers_of_match(work.connection, match.match_id))
    yes = {member for member, answer in current.items() if answer.answer == "yes"}
    return all(party.member_id in yes for party in match.first_asked())


def _ask(work: Work, match: Match, party: Party, due_at: datetime) -> None:
    stored = load_match(work.connection, match.match_id)
    correlation_id = stored.correlation_id if stored else None
    approaches = messages_of_match(work.connection, match.match_id, [Kind.APPROACH])
    before = last_asked(approaches, party.member_id)
    if before is not None and before.attempt < match.attempt:
        _report_asked_before(work, match, before, correlation_id)
        return
    passed_on = [m for m in approaches if m.member_id == party.member_id and m.contact_id]
    if any(m.attempt == match.attempt and m.state is not State.FAILED for m in passed_on):
        return
    plan_message(
        work.connection,
        Plan(
            kind=Kind.APPROACH,
            match_id=match.match_id,
            member_id=party.member_id,
            listing_id=party.listing_id,
            attempt=match.attempt,
            due_at=due_at,
            correlation_id=correlation_id,
        ),
        work.now,
    )


def _report_asked_before(
    work: Work, match: Match, before: Message, correlation_id: str | None
) -> None:
    data = {
        "message_id": before.message_id,
        "kind": Kind.APPROACH.value,
        "match_id": match.match_id,
        "member_id": before.member_id,
        "contact_id": before.contact_id,
        "attempt": match.attempt,
        "code": "asked_before",
    }
    work.publish(MESSAGE_SENT, match.match_id, data, correlation_id=correlation_id, follows=True)
