"""Dead letters: kept raw in the consumer's own database, in the same transaction, with the reason.

Later records of the same key are parked behind the first, so that they cannot overtake it; other
keys flow. An operator lists, shows, releases or discards them (`parked` command).
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Row, select, update

from shared.bus.records import Delivery, Record, TopicPartition
from shared.clock import Clock
from shared.ids import new_id
from shared.observability.logging import get_logger
from shared.storage.tables import standard_tables

OPEN, RELEASED, DONE, DISCARDED = "open", "released", "done", "discarded"
VERSION = "1"

_table = standard_tables(MetaData()).parked
_log = get_logger()


class Parking:
    """The parked records of one consumer group."""

    def __init__(self, group: str, clock: Clock) -> None:
        self._group = group
        self._clock = clock
        self._blocked: set[tuple[str, bytes]] = set()

    def load(self, connection: Connection) -> None:
        """Read which keys are blocked; called on assignment and after a release."""
        query = select(_table.c.topic, _table.c.key).where(self._is_waiting())
        self._blocked = {(row.topic, bytes(row.key)) for row in connection.execute(query)}

    def anything_open(self) -> bool:
        return bool(self._blocked)

    def may_be_blocked(self, topic: str, key: bytes) -> bool:
        """What is remembered, which is only a hint: see `is_blocked`."""
        return (topic, key) in self._blocked

    def is_blocked(self, connection: Connection, topic: str, key: bytes) -> bool:
        """Whether something of this key waits. What is remembered is only a hint: an operator may
        have discarded it meanwhile, or the worker that had the partition before us released it.
        """
        if (topic, key) not in self._blocked:
            return False
        same_key = (_table.c.topic == topic) & (_table.c.key == key)
        query = select(_table.c.id).where(self._is_waiting(), same_key).limit(1)
        if connection.execute(query).first() is not None:
            return True
        self._blocked.discard((topic, key))
        return False

    def park(
        self, connection: Connection, delivery: Delivery, reason: str, event_type: str | None
    ) -> None:
        record = delivery.record
        connection.execute(
            _table.insert().values(
                id=new_id(),
                consumer_group=self._group,
                topic=record.topic,
                partition=delivery.partition,
                offset=delivery.offset,
                key=record.key,
                value=record.value,
                headers=[_storable(name, value) for name, value in record.headers],
                event_type=event_type,
                reason=_readable(reason[:2000]),
                version=VERSION,
                parked_at=self._clock.now(),
                state=OPEN,
            )
        )
        self._blocked.add((record.topic, record.key))
        _log.error(
            "record_parked",
            group=self._group,
            topic=record.topic,
            partition=delivery.partition,
            offset=delivery.offset,
            type=event_type,
        )

    def anything_released(
        self, connection: Connection, partitions: Collection[TopicPartition]
    ) -> bool:
        query = (
            select(_table.c.topic, _table.c.partition)
            .where(_table.c.consumer_group == self._group, _table.c.state == RELEASED)
            .distinct()
        )
        return any(TopicPartition(*row) in partitions for row in connection.execute(query))

    def released(
        self, connection: Connection, partitions: Collection[TopicPartition]
    ) -> list[tuple[str, Delivery]]:
        """What an operator has released of these partitions, each key in the order of the bus.
        Their keys stop being blocked.

        Only the owner of a partition tries its records again: anybody else would do so beside the
        owner's own reading of the same keys.
        """
        query = (
            select(_table)
            .where(_table.c.consumer_group == self._group, _table.c.state == RELEASED)
            # Not by id: two workers' clocks may differ, and one key has one partition.
            .order_by(_table.c.topic, _table.c.partition, _table.c.offset, _table.c.id)
        )
        rows = [
            row
            for row in connection.execute(query)
            if TopicPartition(row.topic, row.partition) in partitions
        ]
        for row in rows:  # blocked again as soon as one of the key is parked anew
            self._blocked.discard((row.topic, bytes(row.key)))
        return [(row.id, _delivery(row)) for row in rows]

    def close(self, connection: Connection, row_id: str) -> bool:
        """Take a released record back to be handled; False when another worker was first."""
        closed = connection.execute(
            update(_table)
            .where(_table.c.id == row_id, _table.c.state == RELEASED)
            .values(state=DONE, closed_at=self._clock.now())
        )
        return closed.rowcount == 1

    def _is_waiting(self) -> Any:
        return (_table.c.consumer_group == self._group) & _table.c.state.in_((OPEN, RELEASED))


def _delivery(row: Row[Any]) -> Delivery:
    headers = tuple(_stored(*header) for header in row.headers)
    value = None if row.value is None else bytes(row.value)
    record = Record(topic=row.topic, key=bytes(row.key), value=value, headers=headers)
    return Delivery(record, row.partition, row.offset, row.parked_at.timestamp())


def _storable(name: str, value: bytes) -> list[str]:
    """A header as JSON that both stores take: PostgreSQL has no NUL in a text."""
    if "\0" in name or b"\0" in value:
        return [b64encode(name.encode()).decode(), b64encode(value).decode(), "base64"]
    return [name, value.decode("latin-1")]


def _stored(name: str, value: str, how: str = "latin-1") -> tuple[str, bytes]:
    if how == "base64":
        return b64decode(name).decode(), b64decode(value)
    return name, value.encode("latin-1")


def _readable(reason: str) -> str:
    """Whatever a handler said, as text that can be stored: no NUL, no half of a surrogate pair."""
    return reason.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def list_parked(
    connection: Connection, *, state: str = OPEN, limit: int = 200
) -> Sequence[Row[Any]]:
    query = select(_table).where(_table.c.state == state).order_by(_table.c.id).limit(limit)
    return connection.execute(query).all()


def get_parked(connection: Connection, row_id: str) -> Row[Any] | None:
    return connection.execute(select(_table).where(_table.c.id == row_id)).one_or_none()


def release(connection: Connection, row_id: str) -> int:
    """Mark an open record and all parked behind it for another try; returns how many."""
    return _move_key(connection, row_id, RELEASED, only_this=False)


def discard(connection: Connection, row_id: str) -> int:
    """Give up one open record; what was parked behind it waits for its own release."""
    return _move_key(connection, row_id, DISCARDED, only_this=True)


def _move_key(connection: Connection, row_id: str, state: str, *, only_this: bool) -> int:
    row = get_parked(connection, row_id)
    if row is None or row.state != OPEN:
        return 0
    if only_this:
        chosen: Any = _table.c.id == row_id
    else:
        same_key = (_table.c.topic == row.topic) & (_table.c.key == row.key)
        chosen = same_key & (_table.c.consumer_group == row.consumer_group)
    moved = connection.execute(
        update(_table).where(chosen & (_table.c.state == OPEN)).values(state=state)
    )
    return int(moved.rowcount)
