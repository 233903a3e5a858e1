"""Act on what came back: the message counts as not delivered, and a bad address is not mailed again."""

from services.notifier import figures
from services.notifier.domain.messages import Message, State
from services.notifier.fates import publish_bounce, publish_fate
from services.notifier.mail.bounces import Report, Returned
from services.notifier.store.ledger import (
    find_message,
    last_to_address,
    load_message,
    move,
    sealed_parts,
)
from services.notifier.store.wishes import EVERYTHING, add_bounce, suppress
from shared.contracts.types import MESSAGE_FAILED
from shared.storage import Work


def take_report(work: Work, report: Report, recipient_hash: str | None) -> Message | None:
    """Record a report once and act on it; the message it is about, or None if it is not ours.

    `recipient_hash` is the HMAC of the reported recipient, for reports that name nothing else.
    """
    message = find_message(work.connection, token=report.token, mime=report.mime_id)
    if message is None and recipient_hash is not None:
        message = last_to_address(work.connection, recipient_hash)
    row = {
        "bounce_id": report.report_id,
        "kind": report.kind.value,
        "status": report.status,
        "message_id": message.message_id if message else None,
        "contact_id": message.contact_id if message else None,
        "member_id": message.member_id if message else None,
        "received_at": work.now,
    }
    if not add_bounce(work.connection, row):
        return message
    figures.bounces.labels(report.kind.value).inc()
    if message is not None:
        _act(work, report, message)
    return message


def _act(work: Work, report: Report, message: Message) -> None:
    if report.kind not in {Returned.BOUNCE, Returned.COMPLAINT}:
        return
    complaint = report.kind is Returned.COMPLAINT
    if complaint or report.bad_address:
        digest = sealed_parts(work.connection, message.message_id).recipient_hash
        if digest is not None:
            suppress(work.connection, digest, EVERYTHING, report.kind.value, work.now)
        publish_bounce(work, message, "complaint" if complaint else "undeliverable")
    if not complaint:
        _not_delivered(work, message)
    work.audit(
        "mail.returned", message.message_id, {"kind": report.kind.value, "status": report.status}
    )


def _not_delivered(work: Work, message: Message) -> None:
    """An accepted (or doubtful) email has not arrived after all."""
    if message.state not in {State.ACCEPTED, State.HELD, State.AMBIGUOUS}:
        return
    current = message
    if message.state is State.AMBIGUOUS:
        if not move(work.connection, message, State.HELD, claim=None):
            return
        loaded = load_message(work.connection, message.message_id)
        current = loaded or message
    if move(work.connection, current, State.FAILED, code="undeliverable", finished_at=work.now):
        publish_fate(work, current, MESSAGE_FAILED, "undeliverable")
