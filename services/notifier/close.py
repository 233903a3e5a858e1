"""Whatever ends a match after asking: unsent mail is cancelled, and whoever else was asked is told.

The closing email is worded alike for all causes, so that nobody can read another's answer in it.
"""

from services.notifier.approach import last_asked
from services.notifier.domain.answers import current_answers
from services.notifier.domain.messages import Kind
from services.notifier.notice import note_match
from services.notifier.store.ledger import Plan, cancel_unsent, messages_of_match, plan_message
from services.notifier.store.records import answers_of_match, load_exchange, set_exchange
from shared.contracts.envelope import Event
from shared.storage import Work

_UNWANTED = tuple(kind for kind in Kind if kind not in {Kind.CLOSING, Kind.ANSWER_COPY})


def close_match(work: Work, event: Event) -> None:
    """Cancel what is unsent and plan one closing email to each other party that was asked."""
    match = note_match(work, event)
    exchange = load_exchange(work.connection, match.match_id)
    if exchange is not None and exchange.state in {"exchanged", "sent"}:
        # Contacts are on their way already: half an introduction would help nobody.
        work.audit("end.came_late", match.match_id, {"state": match.state})
        return
    cancel_unsent(work.connection, work.now, match_id=match.match_id, kinds=_UNWANTED)
    for state in ("waiting", "refused"):
        set_exchange(work.connection, match.match_id, was=state, state="cancelled")
    approaches = messages_of_match(work.connection, match.match_id, [Kind.APPROACH])
    current = current_answers(answers_of_match(work.connection, match.match_id))
    for party in match.parties:
        own = current.get(party.member_id)
        asked = last_asked(approaches, party.member_id)
        if asked is None or (own is not None and own.answer != "yes"):
            continue
        plan = Plan(
            kind=Kind.CLOSING,
            match_id=match.match_id,
            member_id=party.member_id,
            listing_id=party.listing_id,
            contact_id=asked.contact_id,
            attempt=match.attempt,
            due_at=work.now,
            correlation_id=event.correlation_id,
        )
        plan_message(work.connection, plan, work.now)
