"""What becomes of a message after a try, and what is published about it.

Each function runs in one transaction with the move it makes, so that the ledger and the bus
never tell different stories.
"""

from datetime import timedelta
from typing import assert_never

from services.notifier import figures
from services.notifier.domain.messages import COALITION, Kind, Message, State
from services.notifier.domain.schedule import retry_seconds
from services.notifier.introduce import introduction_accepted
from services.notifier.mail.smtp import Delivery, Verdict
from services.notifier.store.ledger import move, sealed_parts
from services.notifier.store.wishes import EVERYTHING, suppress
from shared.contracts.types import CONTACT_BOUNCED, MESSAGE_FAILED, MESSAGE_SENT
from shared.storage import Work

AMBIGUOUS_WAIT_SECONDS = 900.0


class Policy:
    """Settings that decide fates."""

    def __init__(self, *, retry_ambiguous: bool, give_up_hours: float) -> None:
        self.retry_ambiguous = retry_ambiguous
        self.give_up = timedelta(hours=give_up_hours)


def settle(work: Work, message: Message, delivery: Delivery, policy: Policy) -> None:
    """Write down what a try came to; `message` is as it stood when the try ended."""
    figures.mails.labels(message.kind.value, delivery.verdict.value).inc()
    match delivery.verdict:
        case Verdict.ACCEPTED:
            accept(work, message, delivery)
        case Verdict.RETRY:
            try_later(work, message, delivery, policy)
        case Verdict.REFUSED:
            refuse(work, message, delivery)
        case Verdict.AMBIGUOUS:
            doubt(work, message, policy, delivery)
        case _:
            assert_never(delivery.verdict)


def accept(work: Work, message: Message, delivery: Delivery) -> None:
    """The server has it: `message.sent`, and `introduction.sent` with the last copy."""
    moved = move(
        work.connection,
        message,
        State.ACCEPTED,
        claim=None,
        finished_at=work.now,
        stage=delivery.stage.value,
        smtp_code=delivery.code,
        code=None,
    )
    if not moved:
        return
    late = (work.now - message.due_at).total_seconds()
    figures.mail_delay_seconds.observe(max(late, 0.0))
    publish_fate(work, message, MESSAGE_SENT, None)
    if message.kind is Kind.INTRODUCTION and message.match_id is not None:
        introduction_accepted(work, message.match_id)


def try_later(work: Work, message: Message, delivery: Delivery, policy: Policy) -> None:
    """Certainly not delivered: wait longer each time, and give up after some days."""
    if work.now - message.planned_at > policy.give_up:
        fail(work, message, "undeliverable", delivery)
        return
    tries = message.tries + 1
    wait = timedelta(seconds=retry_seconds(message.message_id, tries))
    move(
        work.connection,
        message,
        State.RETRY_LATER,
        claim=None,
        tries=tries,
        due_at=work.now + wait,
        stage=delivery.stage.value,
        smtp_code=delivery.code,
    )


def refuse(work: Work, message: Message, delivery: Delivery) -> None:
    """Refused for good; a bad address (5.1.x) is never mailed again until it is corrected."""
    if delivery.suppresses:
        digest = sealed_parts(work.connection, message.message_id).recipient_hash
        if digest is not None:
            suppress(work.connection, digest, EVERYTHING, "bounce", work.now)
        publish_bounce(work, message, "undeliverable")
    fail(work, message, "undeliverable", delivery)


def doubt(work: Work, message: Message, policy: Policy, delivery: Delivery | None = None) -> None:
    """Perhaps delivered: one byte-identical retry after a while, or held for a coordinator."""
    figures.mails.labels(message.kind.value, "doubted").inc()
    count = message.ambiguous_count + 1
    said = {"stage": delivery.stage.value, "smtp_code": delivery.code} if delivery else {}
    if policy.retry_ambiguous and message.ambiguous_count == 0:
        due_at = work.now + timedelta(seconds=AMBIGUOUS_WAIT_SECONDS)
        move(
            work.connection,
            message,
            State.AMBIGUOUS,
            claim=None,
            ambiguous_count=count,
            due_at=due_at,
            **said,
        )
        return
    code = "held_ambiguous"
    if move(
        work.connection, message, State.HELD, claim=None, ambiguous_count=count, code=code, **said
    ):
        publish_fate(work, message, MESSAGE_FAILED, code)


def fail(work: Work, message: Message, code: str, delivery: Delivery | None = None) -> None:
    """Not sent and not to be: a coordinator's task."""
    said = {"stage": delivery.stage.value, "smtp_code": delivery.code} if delivery else {}
    state = State.SUPPRESSED if code == "suppressed" else State.FAILED
    if move(work.connection, message, state, claim=None, code=code, finished_at=work.now, **said):
        publish_fate(work, message, MESSAGE_FAILED, code)


def publish_fate(work: Work, message: Message, event_type: str, code: str | None) -> None:
    """Tell what became of mail about a match to one of its parties; other mail is ours alone.

    A question of a coordinator moves no match: whoever asks the API sees what became of it.
    """
    ours = message.member_id == COALITION or message.kind is Kind.QUESTION
    if message.match_id is None or ours:
        return
    data = {
        "message_id": message.message_id,
        "kind": message.kind.value,
        "match_id": message.match_id,
        "member_id": message.member_id,
        "contact_id": message.contact_id,
        "attempt": message.attempt,
        "code": code,
    }
    correlation_id = message.correlation_id
    work.publish(event_type, message.match_id, data, correlation_id=correlation_id, follows=True)


def publish_bounce(work: Work, message: Message, code: str) -> None:
    if message.contact_id is None:
        return
    data = {"contact_id": message.contact_id, "member_id": message.member_id, "code": code}
    work.publish(CONTACT_BOUNCED, message.contact_id, data)
