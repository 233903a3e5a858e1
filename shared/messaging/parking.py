"""Dead letters: kept raw in the consumer's own database, in the same transaction, with the reason.

Later records of the same key are parked behind the first, so that they cannot overtake it; other
keys flow. An operator lists, shows, releases or discards them (`parked` command).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Row, select, update

from shared.bus.records import Delivery, Record
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

    def is_blocked(self, topic: str, key: bytes) -> bool:
        return (topic, key) in self._blocked

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
                headers=[[name, value.decode("latin-1")] for name, value in record.headers],
                event_type=event_type,
                reason=reason[:2000],
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

    def anything_released(self, connection: Connection) -> bool:
        query = (
            select(_table.c.id)
            .where(_table.c.consumer_group == self._group, _table.c.state == RELEASED)
            .limit(1)
        )
        return connection.execute(query).first() is not None

    def released(self, connection: Connection) -> list[tuple[str, Delivery]]:
        """What an operator has released, in the order in which it was parked.

        Their keys stop being blocked, unless something of the key is still open.
        """
        query = (
            select(_table)
            .where(_table.c.consumer_group == self._group, _table.c.state == RELEASED)
            .order_by(_table.c.id)
        )
        rows = connection.execute(query).all()
        self.load(connection)
        for row in rows:
            self._blocked.discard((row.topic, bytes(row.key)))
        return [(row.id, _delivery(row)) for row in rows]

    def close(self, connection: Connection, row_id: str) -> None:
        connection.execute(
            update(_table)
            .where(_table.c.id == row_id)
            .values(state=DONE, closed_at=self._clock.now())
        )

    def _is_waiting(self) -> Any:
        return (_table.c.consumer_group == self._group) & _table.c.state.in_((OPEN, RELEASED))


def _delivery(row: Row[Any]) -> Delivery:
    headers = tuple((name, value.encode("latin-1")) for name, value in row.headers)
    value = None if row.value is None else bytes(row.value)
    record = Record(topic=row.topic, key=bytes(row.key), value=value, headers=headers)
    return Delivery(record, row.partition, row.offset, row.parked_at.timestamp())


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
