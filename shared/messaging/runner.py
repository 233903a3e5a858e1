"""Step 5 of the walk: takes records off the bus and hands each to its handler. Nothing else consumes.

One transaction holds the position, the effects and their outbox rows; the offset is committed
after it. The position in our own database is the truth: on every assignment the consumer seeks
to it, and it advances by compare-and-set, so a worker that lost a partition cannot write.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from shared import failpoints
from shared.bus.errors import BusError, BusUnavailable, ConsumerLost, Fenced
from shared.bus.port import Bus, Consumer
from shared.bus.records import Delivery, TopicPartition
from shared.clock import Clock
from shared.messaging.applying import Applier, Handler, ManyHandler
from shared.messaging.backoff import Backoff
from shared.messaging.balance import DONE, TAKEN, count
from shared.messaging.failures import Fate, ParkGauge, ParkLimits, is_transient
from shared.messaging.parking import Parking
from shared.messaging.positions import Positions, PositionTaken
from shared.observability import metrics
from shared.observability.logging import get_logger
from shared.storage.database import Database

BATCH_RECORDS = 250
BATCH_SECONDS = 0.25  # how long one transaction may keep SQLite's other writers waiting
STEP_SECONDS = 10.0  # after which what `poll` returned is read again, so that the group hears of us
LAG_SECONDS = 1.0

__all__ = ["Handler", "ManyHandler", "Runner"]

_log = get_logger()


class Runner:
    """The consumer of one group. Build it anywhere; it connects at its first step."""

    def __init__(  # noqa: PLR0913 - the parts of a loop, all named at the call
        self,
        database: Database,
        bus: Bus,
        *,
        group: str,
        topics: Sequence[str],
        handlers: Mapping[str, Handler],
        source: str,
        clock: Clock,
        together: Mapping[str, ManyHandler] | None = None,
        member: str = "1",
        limits: ParkLimits | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        self.name = f"consume {group}"
        self._database = database
        self._bus = bus
        self._group = group
        self._topics = tuple(topics)
        self._member = member
        self._positions = Positions(group)
        self._parking = Parking(group, clock)
        self._gauge = ParkGauge(limits or ParkLimits())
        self._applier = Applier(
            handlers, self._parking, source=source, clock=clock, together=together
        )
        self._clock = clock
        self._service = source.strip("/")
        self._consumer: Consumer | None = None
        self._backoff = Backoff()
        self._after = after
        self._report_lag_at = 0.0
        self.stepped_at = time.monotonic()

    def step(self, timeout_seconds: float = 0.0) -> bool:
        self.stepped_at = time.monotonic()
        waiting = self._backoff.wait_seconds()
        if waiting:
            time.sleep(min(waiting, timeout_seconds))
            return False
        try:
            did = self._consumer is not None and self._release_parked(self._consumer)
            did = self._consume(timeout_seconds) or did
            if did and self._after is not None:
                self._after()
        except Fenced:
            raise
        except (BusError, PositionTaken) as error:
            self._failed(error, lost=isinstance(error, ConsumerLost | PositionTaken))
            return False
        except Exception as error:
            if not is_transient(error):
                raise
            self._failed(error, lost=False)
            return False
        self._backoff.succeeded()
        return did

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def lag(self) -> int:
        """Records of our partitions that were not polled yet; 0 before the first connection."""
        return sum(self._consumer.lag().values()) if self._consumer is not None else 0

    @property
    def connected(self) -> bool:
        return self._consumer is not None

    def not_ready(self) -> str | None:
        if not self.connected:
            return "not connected to the bus yet; check CONVENE_BUS_URL and that it answers"
        return None

    def _failed(self, error: Exception, *, lost: bool) -> None:
        self._backoff.failed()
        metrics.tasks_failed.labels(self._service, self.name).inc()
        _log.warning(
            "consume_failed", group=self._group, kind=type(error).__name__, detail=str(error)
        )
        if lost:
            self.close()
        elif self._consumer is not None:
            self._go_back(self._consumer)

    def _go_back(self, consumer: Consumer) -> None:
        """Nothing was committed: read the same records again, in the same order."""
        try:
            with self._database.read() as connection:
                stored = self._positions.load(connection)
                self._parking.load(connection)
            for partition in consumer.assignment():
                consumer.seek(partition, stored.get(partition, 0))
        except Exception as error:
            if not (is_transient(error) or isinstance(error, BusError)):
                raise
            self.close()

    def _consume(self, timeout_seconds: float) -> bool:
        if self._consumer is None:
            self._consumer = self._bus.consumer(
                self._group, self._topics, self._member, on_assigned=self._assigned
            )
        deliveries = self._consumer.poll(timeout_seconds)
        self._apply_all(self._consumer, deliveries)
        self._report_lag(self._consumer)
        return bool(deliveries)

    def _apply_all(self, consumer: Consumer, deliveries: Sequence[Delivery]) -> None:
        deadline = time.monotonic() + STEP_SECONDS
        done = 0
        while done < len(deliveries):
            if done and time.monotonic() > deadline:
                self._go_back(consumer)
                return
            batch = self._apply(deliveries[done : done + BATCH_RECORDS])
            consumer.commit(_next_offsets(batch))
            failpoints.reach("runner.acknowledged")
            done += len(batch)

    def _report_lag(self, consumer: Consumer) -> None:
        """A broker is asked for it, so not at every step; and a gauge is no reason to go back."""
        if time.monotonic() < self._report_lag_at:
            return
        self._report_lag_at = time.monotonic() + LAG_SECONDS
        try:
            lag = consumer.lag()
        except BusUnavailable:
            return
        for partition, records in lag.items():
            metrics.consumer_lag.labels(
                self._service, partition.topic, str(partition.partition)
            ).set(records)

    def _assigned(self, partitions: frozenset[TopicPartition]) -> None:
        try:
            with self._database.read() as connection:
                stored = self._positions.load(connection)
                self._parking.load(connection)
        except Exception as error:
            if not is_transient(error):
                raise
            # A partition whose beginning nobody chose may never be read: begin with a new consumer.
            raise ConsumerLost(f"the positions could not be read: {error}") from error
        if self._consumer is None:
            return
        for partition in partitions:
            self._consumer.seek(partition, stored.get(partition, 0))

    def _apply(self, batch: Sequence[Delivery]) -> Sequence[Delivery]:
        """One transaction; each record inside it stands or falls alone. Returns those that are in
        it: as many as its time allows, at least one.
        """
        ends_at = time.monotonic() + BATCH_SECONDS
        with self._database.write() as connection:
            fates = self._applier.apply_some(connection, batch, ends_at)
            applied = batch[: len(fates)]
            self._positions.advance(connection, _next_offsets(applied))
            self._count(connection, fates, taken=len(applied))
            # Inside, so that what trips the limit is rolled back and comes again after the mend.
            for fate in fates:
                self._gauge.record(fate)
            failpoints.reach("runner.applied")
        failpoints.reach("runner.committed")
        for delivery, fate in zip(applied, fates, strict=True):
            metrics.records_handled.labels(self._service, delivery.record.topic, str(fate)).inc()
        return applied

    def _count(self, connection: Connection, fates: Sequence[Fate], *, taken: int) -> None:
        done = sum(fate not in (Fate.PARKED, Fate.BEHIND) for fate in fates)
        by = f"{self._group}/{self._member}"
        count(connection, TAKEN, taken, by)
        count(connection, DONE, done, by)

    def _release_parked(self, consumer: Consumer) -> bool:
        """Handle what an operator has released of our partitions, oldest first."""
        if not self._parking.anything_open():
            return False
        ours = consumer.assignment()
        with self._database.read() as connection:
            if not self._parking.anything_released(connection, ours):
                return False
        with self._database.write() as connection:
            fates = [
                self._applier.apply(connection, delivery)
                for row_id, delivery in self._parking.released(connection, ours)
                if self._parking.close(connection, row_id)
            ]
            self._count(connection, fates, taken=0)
            self._parking.load(connection)
            failpoints.reach("parked.applied")
        failpoints.reach("parked.committed")
        return bool(fates)


def _next_offsets(batch: Sequence[Delivery]) -> dict[TopicPartition, int]:
    return {delivery.source: delivery.offset + 1 for delivery in batch}
