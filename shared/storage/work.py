"""One transaction of a use case: the change, the events it causes and the audit line, or none.

Step 2 of the walk. Only the relay publishes; here an event becomes a row of the outbox.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, MetaData, bindparam, select, union_all

from shared.clock import Clock
from shared.contracts.codec import encode
from shared.contracts.envelope import Event
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES
from shared.ids import new_id
from shared.observability import tracing
from shared.storage.audit import append_line
from shared.storage.database import Database
from shared.storage.errors import StorageError
from shared.storage.statements import insert_of
from shared.storage.tables import standard_tables
from shared.storage.watch import notify

# What a record may weigh. Kafka refuses 1 MiB and more; said at the write, where the writer can
# still do something about it, and not hours later by the relay.
MAX_EVENT_BYTES = 900_000

_TABLES = standard_tables(MetaData())
_INTO_OUTBOX = _TABLES.outbox.insert()


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
        follows: bool = False,
    ) -> Event:
        """Write the event to the outbox, in this transaction.

        `follows`: where no event is being handled (a person acted, a time came), name the newest
        event known about the subject as the cause, so that the chain is never broken.

        Raises `NotSendable` when `data` breaks the type's schema, `EventTooLarge` above 900,000
        bytes. `data=None` is for tombstone types only.
        """
        topic = EVENT_TYPES[type].topic
        event_id = new_id()
        causation_id = self.cause.id if self.cause else None
        if causation_id is None and follows:
            causation_id = newest_event_id(self.connection, subject)
        event = Event(
            id=event_id,
            source=self.source,
            type=type,
            subject=subject,
            time=self.now,
            sequence=self._next_sequence(topic, subject, event_id),
            correlation_id=correlation_id or self._correlation_id() or event_id,
            causation_id=causation_id,
            data=data,
            traceparent=self._traceparent(),
        )
        self._append(event)
        return event

    def audit(self, action: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
        """Append to the audit log (`storage/audit.py`), in this transaction."""
        append_line(
            self.connection,
            at=self.now,
            actor=self.actor or "system",
            action=action,
            subject=subject,
            details=details,
        )

    def _correlation_id(self) -> str | None:
        return self.cause.correlation_id if self.cause else None

    def _traceparent(self) -> str | None:
        """That of the request or handler this happens in; a cause without either keeps its own."""
        return tracing.current_traceparent() or (self.cause.traceparent if self.cause else None)

    def _next_sequence(self, topic: str, subject: str, event_id: str) -> int:
        """The next number of this subject; the row stays locked until the commit, so the order
        of outbox rows of one subject is the order of their sequences.
        """
        values = {"topic": topic, "subject": subject, "event_id": event_id}
        statement = _next_number(self.connection.dialect.name)
        row = self.connection.execute(statement, {**values, "published_at": self.now})
        return int(row.scalar_one())

    def _append(self, event: Event) -> None:
        record = encode(event)
        size = len(record.value or b"")
        if size > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"{event.type} about {event.subject} has {size} bytes, more than "
                f"{MAX_EVENT_BYTES}; shorten its description"
            )
        row = {
            "event_id": event.id,
            "topic": record.topic,
            "key": record.key,
            "value": record.value,
            "headers": [[name, value.decode()] for name, value in record.headers],
            "created_at": self.now,
        }
        self.connection.execute(_INTO_OUTBOX, row)
        notify(self.connection)


@cache
def _next_number(dialect: str) -> Executable:
    """Built once: an import publishes thousands, and building cost more than running."""
    table = _TABLES.sequences
    given: dict[str, Any] = {
        name: bindparam(name) for name in ("topic", "subject", "event_id", "published_at")
    }
    insert = insert_of(dialect, table).values(last=1, **given)
    again = {name: insert.excluded[name] for name in ("event_id", "published_at")}
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["topic", "subject"], set_={"last": table.c.last + 1, **again}
    ).returning(table.c.last)
    return statement


def newest_event_id(connection: Connection, subject: str) -> str | None:
    """The last event this service has published or taken in about the subject."""
    inbox, sequences = _TABLES.inbox, _TABLES.sequences
    known = union_all(
        select(inbox.c.event_id, inbox.c.applied_at.label("at")).where(
            inbox.c.topic.in_(TOPICS), inbox.c.subject == subject
        ),
        select(sequences.c.event_id, sequences.c.published_at.label("at")).where(
            sequences.c.topic.in_(TOPICS), sequences.c.subject == subject
        ),
    ).subquery()
    query = select(known.c.event_id).order_by(known.c.at.desc(), known.c.event_id.desc()).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


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
