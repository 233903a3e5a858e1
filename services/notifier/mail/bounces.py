"""Read what comes back: delivery reports (RFC 3464) and complaints (RFC 5965).

Our own return token in an address is trusted first; then our Message-ID in the returned headers;
then the reported recipient. Automatic replies and everything else are recognised and left alone.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from services.notifier.mail.addresses import token_in

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ID = re.compile(r"<([^<>\s]{1,400})>")
_TO_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Failed-Recipients")


class Returned(StrEnum):
    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    OTHER = "other"


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What came back. `recipient` is an address and must not be stored or logged."""

    report_id: str
    kind: Returned
    status: str | None
    token: str | None
    mime_id: str | None
    recipient: str | None

    @property
    def bad_address(self) -> bool:
        return self.kind is Returned.BOUNCE and (self.status or "").startswith("5.1.")


def read_report(raw: bytes, envelope_recipient: str | None = None) -> Report:
    """Never raises, whatever the bytes: what cannot be read is `other`."""
    message = message_from_bytes(raw)
    fields = _fields(message)
    action = (fields.get("action") or "").lower()
    status = _status(fields)
    return Report(
        report_id=hashlib.sha256(raw).hexdigest(),
        kind=_kind(message, fields, action, status),
        status=status,
        token=_token(message, envelope_recipient),
        mime_id=_mime_id(message),
        recipient=_recipient(fields),
    )


def _parts(message: Message) -> Iterator[Message]:
    yield from (part for part in message.walk() if isinstance(part, Message))


def _fields(message: Message) -> dict[str, str]:
    """The fields of the machine-readable part, names in lower case; empty without one."""
    found: dict[str, str] = {}
    for part in _parts(message):
        if part.get_content_type() not in {"message/delivery-status", "message/feedback-report"}:
            continue
        payload = part.get_payload()
        blocks = payload if isinstance(payload, list) else [message_from_bytes(_bytes(part))]
        for block in blocks:
            if isinstance(block, Message):
                found.update({name.lower(): str(value) for name, value in block.items()})
    return found


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _status(fields: dict[str, str]) -> str | None:
    for name in ("status", "diagnostic-code"):
        found = _STATUS.search(fields.get(name, ""))
        if found:
            return found.group(1)
    return None


def _kind(message: Message, fields: dict[str, str], action: str, status: str | None) -> Returned:
    if "feedback-type" in fields:
        not_spam = fields["feedback-type"].strip().lower() == "not-spam"
        return Returned.OTHER if not_spam else Returned.COMPLAINT
    if not fields and str(message.get("Auto-Submitted", "")).lower().startswith("auto-replied"):
        return Returned.OTHER
    if action == "failed":
        return Returned.BOUNCE
    if action in {"delayed", "relayed", "expanded", "delivered"}:
        return Returned.DELAY if action == "delayed" else Returned.OTHER
    if status is not None and fields:
        return Returned.BOUNCE if status.startswith("5") else Returned.DELAY
    return Returned.OTHER


def _token(message: Message, envelope_recipient: str | None) -> str | None:
    texts = [envelope_recipient or ""]
    texts += [str(value) for name in _TO_HEADERS for value in message.get_all(name, [])]
    for text in texts:
        token = token_in(text)
        if token is not None:
            return token
    return None


def _mime_id(message: Message) -> str | None:
    """Our Message-ID in the returned message or its headers."""
    for part in _parts(message):
        returned: list[object] = []
        if part.get_content_type() == "text/rfc822-headers":
            returned = [message_from_bytes(_bytes(part))]
        elif part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            returned = list(inner) if isinstance(inner, list) else []
        for message_back in returned:
            if isinstance(message_back, Message) and message_back.get("Message-ID"):
                return _first_id(str(message_back["Message-ID"]))
    return None


def _first_id(text: str) -> str | None:
    found = _ID.search(text)
    return found.group(1) if found else None


def _recipient(fields: dict[str, str]) -> str | None:
    for name in ("final-recipient", "original-recipient", "original-rcpt-to"):
        address = fields.get(name, "").rpartition(";")[2].strip().strip("<>")
        if "@" in address:
            return address
    return None
