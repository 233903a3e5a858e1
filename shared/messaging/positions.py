"""How far a group has read, in the same transaction as what it made of it."""

from collections.abc import Mapping

from sqlalchemy import Connection, MetaData, and_, select, update

from shared.bus.records import TopicPartition
from shared.storage.statements import insert_ignore
from shared.storage.tables import standard_tables

_table = standard_tables(MetaData()).positions


class PositionTaken(Exception):
    """Another worker has advanced this partition: it is no longer ours; join the group again."""


class Positions:
    """Remembers what it last saw in the database, and writes only over that."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._seen: dict[TopicPartition, int] = {}

    def load(self, connection: Connection) -> dict[TopicPartition, int]:
        """The next offset to read of every partition this group has ever read."""
        rows = connection.execute(select(_table).where(_table.c.consumer_group == self._group))
        self._seen = {TopicPartition(r.topic, r.partition): r.next_offset for r in rows}
        return dict(self._seen)

    def advance(self, connection: Connection, positions: Mapping[TopicPartition, int]) -> None:
        """Raises `PositionTaken` when a stored position is not the one seen before."""
        for partition, next_offset in positions.items():
            if not self._write(connection, partition, next_offset):
                self._seen.clear()
                raise PositionTaken(
                    f"{partition.topic}/{partition.partition} was advanced by another worker"
                )
        # If the commit fails after this, the consumer goes back and loads what is stored.
        self._seen.update(positions)

    def _write(self, connection: Connection, partition: TopicPartition, next_offset: int) -> bool:
        seen = self._seen.get(partition)
        if seen is None:
            row = {
                "consumer_group": self._group,
                "topic": partition.topic,
                "partition": partition.partition,
                "next_offset": next_offset,
            }
            return insert_ignore(connection, _table, row) == 1
        written = connection.execute(
            update(_table)
            .where(
                and_(
                    _table.c.consumer_group == self._group,
                    _table.c.topic == partition.topic,
                    _table.c.partition == partition.partition,
                    _table.c.next_offset == seen,
                )
            )
            .values(next_offset=next_offset)
        )
        return written.rowcount == 1
