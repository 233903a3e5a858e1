"""One transaction of a use case: the change, the events it causes and the audit line, or none.

Step 2 of the walk. Only the relay publishes; here an event becomes a row of the outbox.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, select

from shared.clock import Clock
from shared.contracts.codec import encode
from shared.contracts.envelope import Event
from shared.contracts.types import EVENT_TYPES
from shared.ids import new_id
from shared.observability import tracing
from shared.storage.database import Database
from shared.storage.errors import StorageError
from shared.storage.tables import standard_tables
from shared.storage.watch import notify

# What a record may weigh. Kafka refuses 1 MiB and more; said at the write, where the writer can
# still do something about it, and not hours later by the relay.
MAX_EVENT_BYTES = 900_000

_TABLES = standard_tables(MetaData())


class EventTooLarge(StorageError):
    """The change is too large to be published: shorten its texts."""


@dataclass(slots=True)
class Work:
    """An open transaction and what its events need to know.

    `cause` is the event being handled (None at an HTTP or command edge); `actor` an opaque id of
    who acts, for the audit; a name or address never goes in.
    """

    connection: Connection
    now: datetime
    source: str
    cause: Event | None = None
    actor: str | None = None

    def publish(
        self,
        type: str,  # noqa: A002 - CloudEvents' own word
        subject: str,
        data: Mapping[str, Any] | None,
        *,
        correlation_id: str | None = None,
    ) -> Event:
        """Write the event to the outbox, in this transaction.

        Raises `NotSendable` when `data` breaks the type's schema, `EventTooLarge` above 900,000
        bytes. `data=None` is for tombstone types only.
        """
        topic = EVENT_TYPES[type].topic
        event_id = new_id()
        event = Event(
            id=event_id,
            source=self.source,
            type=type,
            subject=subject,
            time=self.now,
            sequence=self._next_sequence(topic, subject),
            correlation_id=correlation_id or self._correlation_id() or event_id,
            causation_id=self.cause.id if self.cause else None,
            data=data,
            traceparent=self._traceparent(),
        )
        self._append(event)
        return event

    def audit(self, action: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
        """Append to the audit log; each line carries the hash of the one before it."""
        table = _TABLES.audit
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql("SELECT pg_advisory_xact_lock(727071)")
        last = select(table.c.hash).order_by(table.c.position.desc()).limit(1)
        previous = self.connection.execute(last).scalar() or "0" * 64
        row = {
            "at": self.now,
            "actor": self.actor or "system",
            "action": action,
            "subject": subject,
            "details": dict(details or {}),
            "previous_hash": previous,
        }
        row["hash"] = audit_hash(row)
        self.connection.execute(table.insert().values(**row))

    def _correlation_id(self) -> str | None:
        return self.cause.correlation_id if self.cause else None

    def _traceparent(self) -> str | None:
        """That of the request or handler this happens in; a cause without either keeps its own."""
        return tracing.current_traceparent() or (self.cause.traceparent if self.cause else None)

    def _next_sequence(self, topic: str, subject: str) -> int:
        """The next number of this subject; the row stays locked until the commit, so the order
        of outbox rows of one subject is the order of their sequences.
        """
        sql = (
            "INSERT INTO sequences (topic, subject, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (topic, subject) DO UPDATE SET last = sequences.last + 1 RETURNING last"
        )
        if self.connection.dialect.name == "sqlite":
            sql = sql.replace("%s", "?")
        value = self.connection.exec_driver_sql(sql, (topic, subject)).scalar_one()
        return int(value)

    def _append(self, event: Event) -> None:
        record = encode(event)
        size = len(record.value or b"")
        if size > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"{event.type} about {event.subject} has {size} bytes, more than "
                f"{MAX_EVENT_BYTES}; shorten its description"
            )
        self.connection.execute(
            _TABLES.outbox.insert().values(
                event_id=event.id,
                topic=record.topic,
                key=record.key,
                value=record.value,
                headers=[[name, value.decode()] for name, value in record.headers],
                created_at=self.now,
            )
        )
        notify(self.connection)


def audit_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the line and the hash of the line before it."""
    parts = [row["at"].isoformat(), row["actor"], row["action"], row["subject"]]
    parts += [json.dumps(row["details"], sort_keys=True, default=str), row["previous_hash"]]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@contextmanager
def unit_of_work(
    database: Database,
    *,
    source: str,
    clock: Clock,
    cause: Event | None = None,
    actor: str | None = None,
) -> Iterator[Work]:
    """A write transaction as a `Work`; commits when the block ends, rolls back when it raises."""
    with database.write() as connection:
        yield Work(connection, clock.now(), source, cause, actor)
