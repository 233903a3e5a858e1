"""Turn a letter into the bytes that go over the wire: headers guarded, text and HTML parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifier.mail.headers import guard, prove

_LIBRARY_HEADERS = ("MIME-Version", "Content-Type")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name with its address; the address is already checked."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One email before it is bytes. Message ids are without angle brackets."""

    subject: str
    text: str
    html: str
    sender: Mailbox
    to: Sequence[Mailbox]
    reply_to: Sequence[Mailbox]
    mime_id: str
    date: datetime
    cc: Sequence[Mailbox] = ()
    references: Sequence[str] = ()
    unsubscribe_url: str | None = None
    extra: Sequence[tuple[str, str]] = field(default=())


def mime_id(message_id: str, sender_address: str) -> str:
    """Our own Message-ID: the same for the same message, whenever and wherever it is made."""
    return f"{message_id}@{sender_address.rpartition('@')[2]}"


def thread_id(match_id: str, sender_address: str) -> str:
    """The id all mail about one match refers to, so that mail programs keep it together."""
    return f"match-{match_id}@{sender_address.rpartition('@')[2]}"


def _addresses(mailboxes: Sequence[Mailbox]) -> list[Address]:
    return [
        Address(display_name=guard(box.name, limit=120), addr_spec=box.address) for box in mailboxes
    ]


def _headers(letter: Letter) -> list[tuple[str, object]]:
    headers: list[tuple[str, object]] = [
        ("From", _addresses([letter.sender])),
        ("To", _addresses(letter.to)),
        ("Subject", guard(letter.subject, limit=180)),
        ("Date", format_datetime(letter.date)),
        ("Message-ID", f"<{letter.mime_id}>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]
    if letter.cc:
        headers.append(("Cc", _addresses(letter.cc)))
    if letter.reply_to:
        headers.append(("Reply-To", _addresses(letter.reply_to)))
    if letter.references:
        thread = " ".join(f"<{guard(reference)}>" for reference in letter.references)
        headers += [("In-Reply-To", f"<{guard(letter.references[-1])}>"), ("References", thread)]
    if letter.unsubscribe_url:
        headers += [
            ("List-Unsubscribe", f"<{letter.unsubscribe_url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    headers += [(name, guard(value)) for name, value in letter.extra]
    return headers


def compose(letter: Letter) -> bytes:
    """The message as bytes with CRLF; the same letter always gives the same bytes.

    Raises `HeaderRefused` when a value got past the guard after all.
    """
    message = EmailMessage(policy=SMTP.clone(max_line_length=78))
    headers = _headers(letter)
    for name, value in headers:
        message[name] = value
    message.set_content(_lines(letter.text), cte="quoted-printable")
    message.add_alternative(_lines(letter.html), subtype="html", cte="quoted-printable")
    digest = hashlib.sha256(letter.mime_id.encode()).hexdigest()[:24]
    message.set_boundary(f"=_convene_{digest}")
    raw = message.as_bytes()
    prove(raw, [name for name, _ in headers], allowed=_LIBRARY_HEADERS)
    return raw


def _lines(body: str) -> str:
    kept = "".join(char for char in body if char in "\n\t" or char.isprintable())
    return kept.strip() + "\n"
