"""A new link to a person's own pages, sent to their address as the registry has it now.

Nobody is told whether there is such a person: the link goes by email or not at all.
"""

from datetime import timedelta

from services.notifier.domain.messages import Kind
from services.notifier.store.ledger import Plan, plan_message
from shared.storage import Work

#: Pressing twice sends one email; whoever waited this long may have another.
_ONE_EACH = timedelta(minutes=10)


def send_fresh_link(work: Work, contact_id: str, member_id: str) -> None:
    step = int(work.now.timestamp() // _ONE_EACH.total_seconds())
    plan = Plan(
        kind=Kind.FRESH_LINK,
        member_id=member_id,
        contact_id=contact_id,
        step=step,
        due_at=work.now,
    )
    plan_message(work.connection, plan, work.now)
