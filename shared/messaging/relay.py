"""Step 3 of the walk: carries the outbox to the bus. Nothing else publishes.

A row is marked only when the bus has called it durable. A crash in between sends it again with
the same id; the inbox of the reader drops it. What must not happen is an old row after a newer one
of its key: so rows are read only after the name was taken and the lease seen once more, and a
publisher that failed is never used again, because it would take the name back unasked.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import MetaData, delete, func, select, update

from shared import failpoints, sqlite
from shared.bus.errors import BusError, Fenced, PublishRefused
from shared.bus.port import Bus, Publisher
from shared.bus.records import Record
from shared.clock import Clock
from shared.messaging.backoff import Backoff
from shared.messaging.balance import PUBLISHED, count
from shared.messaging.failures import is_transient
from shared.observability import metrics
from shared.observability.logging import get_logger
from shared.storage.database import Database
from shared.storage.leases import Lease
from shared.storage.tables import standard_tables

BATCH_ROWS = 500
FAILURES_TO_BEAR = 5
BATCH_BYTES = 4 * 1_048_576
KEEP_PUBLISHED = timedelta(days=7)
REFUSED_SECONDS = 30.0
_PRUNE_ROWS = 1_000  # so that writers wait for a short transaction only
_PRUNE_EVERY = timedelta(minutes=10)

_outbox = standard_tables(MetaData()).outbox
_log = get_logger()


class Relay:
    """One per service: the lease keeps a second one idle, the publisher's fence stops an old one."""

    def __init__(self, database: Database, bus: Bus, service: str, clock: Clock) -> None:
        self.name = "relay"
        self._database = database
        self._bus = bus
        self._service = service
        self._clock = clock
        self._lease = Lease(database, "relay")
        self._publisher: Publisher | None = None
        self._backoff = Backoff()
        self._pruned_at: datetime | None = None
        self._holds_lease = False
        self._refused: dict[str, float] = {}  # topics, until when they are left alone

    def step(self, timeout_seconds: float = 0.0) -> bool:
        waiting = self._backoff.wait_seconds()
        if waiting:
            self._database.wait_for_change(min(waiting, timeout_seconds))
            return False
        try:
            published = self._publish_next()
        except BusError as error:
            self._failed(error)
            return False
        except Exception as error:
            if not is_transient(error):
                raise
            self._failed(error)
            return False
        self._backoff.succeeded()
        if not published:
            if self._holds_lease:
                self._prune()
            self._database.wait_for_change(timeout_seconds)
        return published > 0

    def not_ready(self) -> str | None:
        if self._backoff.failures > FAILURES_TO_BEAR:
            return f"{self._backoff.failures} tries to publish have failed; is the bus there?"
        return None

    def close(self) -> None:
        self._drop_publisher()
        self._lease.release()

    def _failed(self, error: Exception) -> None:
        self._backoff.failed()
        metrics.tasks_failed.labels(self._service, self.name).inc()
        _log.warning(
            "relay_failed",
            kind=type(error).__name__,
            detail=str(error),
            failures=self._backoff.failures,
        )
        self._drop_publisher()
        if isinstance(error, PublishRefused):
            # The whole topic waits, so that its keys stay in order; the others go on.
            self._refused[error.topic] = time.monotonic() + REFUSED_SECONDS
        if isinstance(error, Fenced):
            self._lease.release()

    def _drop_publisher(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None

    def _publish_next(self) -> int:
        if not self._still_holds_lease():
            return 0
        rows = self._unpublished()
        if not rows:
            return 0
        if self._publisher is None:
            self._publisher = self._bus.publisher(self._service)
            if not self._still_holds_lease():
                return 0
            rows = self._unpublished()
        failpoints.reach("relay.publishing")
        self._publisher.publish([_record(row) for row in rows])
        failpoints.reach("relay.published")
        self._mark([row.position for row in rows])
        for row in rows:
            metrics.events_published.labels(self._service, row.topic).inc()
        return len(rows)

    def _still_holds_lease(self) -> bool:
        self._holds_lease = self._lease.acquire()
        if not self._holds_lease:
            self._drop_publisher()
        return self._holds_lease

    def _unpublished(self) -> Sequence[Any]:
        """The next rows, no more of them than fit in memory together."""
        query = select(_outbox).where(_outbox.c.published_at.is_(None)).order_by(_outbox.c.position)
        now = time.monotonic()
        self._refused = {topic: until for topic, until in self._refused.items() if until > now}
        if self._refused:
            query = query.where(_outbox.c.topic.not_in(list(self._refused)))
        rows, size_bytes = [], 0
        with self._database.read() as connection:
            lazily = connection.execution_options(stream_results=True, max_row_buffer=100)
            with lazily.execute(query.limit(BATCH_ROWS)) as found:
                for row in found:
                    rows.append(row)
                    size_bytes += len(row.value or b"")
                    if size_bytes >= BATCH_BYTES:
                        break
        return rows

    def _mark(self, positions: list[int]) -> None:
        """Counts only what nobody marked before: a relay that lost its lease may have been first."""
        with self._database.write() as connection:
            marked = connection.execute(
                update(_outbox)
                .where(_outbox.c.position.in_(positions), _outbox.c.published_at.is_(None))
                .values(published_at=self._clock.now())
            )
            count(connection, PUBLISHED, marked.rowcount)
            failpoints.reach("relay.marking")
        failpoints.reach("relay.marked")

    def _prune(self) -> None:
        """Published rows are kept a week, to look at; then they go."""
        now = self._clock.now()
        if self._pruned_at is not None and abs(now - self._pruned_at) < _PRUNE_EVERY:
            return
        self._pruned_at = now
        if not sqlite.checkpoints_are_safe():
            self._database.checkpoint()
        oldest = select(_outbox.c.position).order_by(_outbox.c.position).limit(_PRUNE_ROWS)
        forgotten = delete(_outbox).where(
            _outbox.c.position.in_(oldest.scalar_subquery()),
            _outbox.c.published_at.is_not(None),
            _outbox.c.published_at < now - KEEP_PUBLISHED,
        )
        with self._database.write() as connection:
            if connection.execute(forgotten).rowcount:
                self._pruned_at = None  # there may be more
            failpoints.reach("relay.pruning")
        failpoints.reach("relay.pruned")


def outbox_depth(database: Database) -> int:
    """Rows that wait for the relay."""
    query = select(func.count()).select_from(_outbox).where(_outbox.c.published_at.is_(None))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _record(row: Any) -> Record:
    headers = tuple((name, value.encode()) for name, value in row.headers)
    value = None if row.value is None else bytes(row.value)
    return Record(topic=row.topic, key=bytes(row.key), value=value, headers=headers)
