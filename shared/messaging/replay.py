"""A projection made again from the log: what its group has applied, and nothing further.

Records after the group's position, and those parked or given up, are left to the worker: inbox and
positions stay as they are, so nothing is skipped and nothing is applied twice afterwards. Handlers
are the projection's own, which publish nothing and plan nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from sqlalchemy import MetaData, select

from shared import failpoints
from shared.bus.port import Bus
from shared.bus.records import Delivery
from shared.clock import Clock
from shared.contracts.codec import Malformed, UnknownType, decode
from shared.contracts.envelope import Event
from shared.messaging.parking import DONE
from shared.messaging.positions import Positions
from shared.messaging.retained import deliver_through
from shared.storage.database import Database
from shared.storage.tables import standard_tables
from shared.storage.work import Work

BATCH_RECORDS = 500

Many = Callable[[Work, Sequence[Event]], None]
_parked = standard_tables(MetaData()).parked


def replay(
    database: Database,
    bus: Bus,
    clock: Clock,
    *,
    group: str,
    topics: Sequence[str],
    handlers: Mapping[str, Many],
) -> int:
    """Hand every event that `group` has applied to the handler of its type; returns how many."""
    reader = _Replay(database, clock, group, handlers)
    deliver_through(bus, topics, f"{group}-rebuild", reader.take)
    reader.flush()
    return reader.applied


class _Replay:
    def __init__(
        self, database: Database, clock: Clock, group: str, handlers: Mapping[str, Many]
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._waiting: list[Event] = []
        self._last: dict[tuple[str, str], int] = {}
        self.applied = 0
        with database.read() as connection:
            self._positions = Positions(group).load(connection)
            rows = connection.execute(
                select(_parked.c.topic, _parked.c.partition, _parked.c.offset).where(
                    _parked.c.consumer_group == group, _parked.c.state != DONE
                )
            )
            self._not_applied = {(row.topic, row.partition, row.offset) for row in rows}

    def take(self, delivery: Delivery) -> None:
        if delivery.offset >= self._positions.get(delivery.source, 0):
            return
        if (*delivery.source, delivery.offset) in self._not_applied:
            return
        try:
            event = decode(delivery.record)
        except (UnknownType, Malformed):
            return
        subject = (delivery.record.topic, event.subject)
        if event.sequence <= self._last.get(subject, 0):
            return
        self._last[subject] = event.sequence
        if event.type in self._handlers:
            self._waiting.append(event)
        if len(self._waiting) >= BATCH_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Events that follow each other go to one handler at once."""
        if not self._waiting:
            return
        with self._database.write() as connection:
            work = Work(connection, self._clock.now(), f"/{self._database.service}")
            for many, events in groupby(self._waiting, lambda one: self._handlers[one.type]):
                many(work, list(events))
            failpoints.reach("replay.applying")
        failpoints.reach("replay.applied")
        self.applied += len(self._waiting)
        self._waiting.clear()
