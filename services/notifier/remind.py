"""Reminders: day 5 and day 12 after asking, only to who has not answered, only while asked."""

from services.notifier.approach import last_asked
from services.notifier.domain.answers import current_answers
from services.notifier.domain.messages import Kind
from services.notifier.domain.schedule import Pace, at_days
from services.notifier.notice import note_match
from services.notifier.store.ledger import Plan, messages_of_match, plan_message
from services.notifier.store.records import answers_of_match
from shared.contracts.envelope import Event
from shared.storage import Work


def schedule_reminders(pace: Pace, work: Work, event: Event) -> None:
    """Plan the reminders of every party that was asked and is silent.

    Whether one is still wanted is decided again when its time has come.
    """
    match = note_match(work, event)
    asked_at = match.moment("asked_at") or event.time
    approaches = messages_of_match(work.connection, match.match_id, [Kind.APPROACH])
    answered = current_answers(answers_of_match(work.connection, match.match_id))
    for party in match.parties:
        if party.member_id in answered or last_asked(approaches, party.member_id) is None:
            continue
        for step, due_at in at_days(asked_at, pace.reminder_days):
            plan = Plan(
                kind=Kind.REMINDER,
                match_id=match.match_id,
                member_id=party.member_id,
                listing_id=party.listing_id,
                attempt=match.attempt,
                step=step,
                due_at=due_at,
                correlation_id=event.correlation_id,
            )
            plan_message(work.connection, plan, work.now)
