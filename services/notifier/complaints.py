"""Complaints about how personal data is used: each is acknowledged within 30 days, looked into, and
closed with an outcome (Data (Use and Access) Act 2025).

The words are sealed under a key of the complaint's own, so that an erasure of the person leaves what
the law wants kept; the rule of retention ends it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from services.notifier.domain.errors import ComplaintMoved, ComplaintUnknown
from services.notifier.store.tables_of_pages import complaints
from services.notifier.store.vault import Vault
from shared.ids import new_id
from shared.storage import Work

ACKNOWLEDGE_WITHIN = timedelta(days=30)
MOST_CHARACTERS = 5_000
HOW = ("page", "telephone", "email", "letter", "other")
OUTCOMES = ("upheld", "partly_upheld", "not_upheld", "withdrawn")
_SHOWN_CLOSED = 50


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody complains of. `who` is name and how to reach them, as they gave it."""

    text: str
    who: str
    how: str
    contact_id: str | None = None
    member_id: str | None = None


def make_complaint(work: Work, vault: Vault, complaint: Complaint) -> str:
    complaint_id = new_id()
    words = {"text": complaint.text, "who": complaint.who}
    row = {
        "complaint_id": complaint_id,
        "received_at": work.now,
        "how": complaint.how,
        "contact_id": complaint.contact_id,
        "member_id": complaint.member_id,
        "sealed_words": _sealed(work, vault, complaint_id, words),
    }
    work.connection.execute(complaints.insert().values(**row))
    work.audit("complaint.received", complaint_id, {"how": complaint.how})
    return complaint_id


def acknowledge(work: Work, complaint_id: str) -> None:
    """Somebody wrote to the person that the complaint arrived; again changes nothing."""
    row = _found(work.connection, complaint_id)
    if row.acknowledged_at is None:
        _change(work, complaint_id, acknowledged_at=work.now, acknowledged_by=work.actor)
        work.audit("complaint.acknowledged", complaint_id)


def close_complaint(work: Work, vault: Vault, complaint_id: str, outcome: str, said: str) -> None:
    """With what was found and told to the person. Raises ComplaintMoved unless it may be closed."""
    row = _found(work.connection, complaint_id)
    if row.acknowledged_at is None:
        raise ComplaintMoved("Acknowledge the complaint first: the person must know that it came.")
    if row.closed_at is not None:
        raise ComplaintMoved(f"It was closed on {row.closed_at:%d %B %Y} already.")
    words = {**words_of(work.connection, vault, row), "said": said}
    _change(
        work,
        complaint_id,
        closed_at=work.now,
        closed_by=work.actor,
        outcome=outcome,
        sealed_words=_sealed(work, vault, complaint_id, words),
    )
    work.audit("complaint.closed", complaint_id, {"outcome": outcome})


def open_complaints(connection: Connection) -> list[Row[Any]]:
    """Oldest first."""
    query = select(complaints).where(complaints.c.closed_at.is_(None))
    return list(connection.execute(query.order_by(complaints.c.received_at)))


def closed_complaints(connection: Connection) -> list[Row[Any]]:
    """The last ones, newest first."""
    query = select(complaints).where(complaints.c.closed_at.is_not(None))
    return list(
        connection.execute(query.order_by(complaints.c.closed_at.desc()).limit(_SHOWN_CLOSED))
    )


def complaints_of(connection: Connection, contact_id: str) -> list[Row[Any]]:
    query = select(complaints).where(complaints.c.contact_id == contact_id)
    return list(connection.execute(query.order_by(complaints.c.received_at)))


def words_of(connection: Connection, vault: Vault, row: Row[Any]) -> dict[str, str]:
    opened = vault.open(connection, _subject(row.complaint_id), row.sealed_words)
    found: dict[str, str] = json.loads(opened) if opened else {}
    return found


def due_at(row: Row[Any]) -> datetime:
    """The last day on which it can be acknowledged in time."""
    return row.received_at + ACKNOWLEDGE_WITHIN  # type: ignore[no-any-return]


def _found(connection: Connection, complaint_id: str) -> Row[Any]:
    query = select(complaints).where(complaints.c.complaint_id == complaint_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ComplaintUnknown
    return row


def _change(work: Work, complaint_id: str, **values: Any) -> None:
    mine = complaints.c.complaint_id == complaint_id
    work.connection.execute(update(complaints).where(mine).values(**values))


def _sealed(work: Work, vault: Vault, complaint_id: str, words: Mapping[str, str]) -> bytes:
    plain = json.dumps(dict(words), ensure_ascii=False).encode()
    return vault.seal(work.connection, _subject(complaint_id), plain, work.now)


def _subject(complaint_id: str) -> str:
    return f"complaint:{complaint_id}"
