"""A message that left, or may have left, before a restore: written down as such, and not sent."""

from dataclasses import replace

from services.notifier.domain.messages import Message, State
from services.notifier.fates import Policy, accept, doubt
from services.notifier.mail.smtp import Delivery, Stage, Verdict
from services.notifier.store.ledger import move
from services.notifier.store.stops import SentFate, forget_sent_before, sent_fate
from shared.observability.logging import get_logger
from shared.storage import Work

_log = get_logger()
_HOLD = Policy(retry_ambiguous=False, give_up_hours=0)


def settle_sent_before(work: Work, rendered: Message) -> bool:
    """Move a rendered message on as if it had just been sent; False where it is to be sent.

    What may have left is held: the bytes made now differ from those that may have arrived.
    """
    fate = sent_fate(work.connection, rendered.message_id)
    if fate is None:
        return False
    if not move(work.connection, rendered, State.DOT_WRITTEN):
        return True  # cancelled meanwhile
    forget_sent_before(work.connection, rendered.message_id)
    written = replace(rendered, state=State.DOT_WRITTEN)
    if fate is SentFate.SENT:
        accept(work, written, Delivery(Verdict.ACCEPTED, Stage.DOT, 250))
    else:
        doubt(work, written, _HOLD)
    _log.info("mail_sent_before_restore", message=rendered.message_id, fate=fate.value)
    return True
