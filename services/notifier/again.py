"""A coordinator decides about mail that stopped: try again, or take a doubtful one as arrived."""

from services.notifier.domain.errors import InvalidMove, NotifierError
from services.notifier.domain.messages import Kind, Message, State
from services.notifier.fates import publish_fate
from services.notifier.introduce import introduction_accepted
from services.notifier.store.ledger import load_message, move
from shared.contracts.types import MESSAGE_SENT
from shared.storage import Work


class MessageUnknown(NotifierError):
    """No message has this id."""


def try_again(work: Work, message_id: str) -> Message:
    """Send a failed or held message once more, for example after its contact was corrected."""
    message = _find(work, message_id)
    if not move(
        work.connection,
        message,
        State.RETRY_LATER,
        code=None,
        due_at=work.now,
        finished_at=None,
        ambiguous_count=0,
    ):
        raise InvalidMove(f"message {message_id}", message.state.value, State.RETRY_LATER.value)
    work.audit("message.retried", message_id)
    return _find(work, message_id)


def take_as_arrived(work: Work, message_id: str) -> Message:
    """The recipient has confirmed that a held message arrived; it counts as sent."""
    message = _find(work, message_id)
    if not move(work.connection, message, State.ACCEPTED, code=None, finished_at=work.now):
        raise InvalidMove(f"message {message_id}", message.state.value, State.ACCEPTED.value)
    publish_fate(work, message, MESSAGE_SENT, None)
    if message.kind is Kind.INTRODUCTION and message.match_id is not None:
        introduction_accepted(work, message.match_id)
    work.audit("message.taken_as_arrived", message_id)
    return _find(work, message_id)


def _find(work: Work, message_id: str) -> Message:
    message = load_message(work.connection, message_id)
    if message is None:
        raise MessageUnknown(
            f"there is no message {message_id}; see `messages` for those there are"
        )
    return message
