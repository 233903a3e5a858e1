"""From the small size to the large, in the middle of open matches: `python -m scripts.transfer`.

Everything is copied and proved, nothing is taken away: until the copy is in use, the small house can
be started again as it was.
"""

import hashlib
import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

import click
from sqlalchemy import MetaData, select, update

from scripts.house import House, Service, house_of
from shared.bus.connect import connect
from shared.bus.errors import BusError
from shared.bus.port import Bus
from shared.bus.records import Delivery, Record, TopicPartition
from shared.bus.settings import BusSettings
from shared.contracts.topics import TOPICS
from shared.messaging.retained import deliver_through
from shared.settings import SettingsRefused
from shared.storage import Lease, standard_tables
from shared.storage.archive import TargetInUse, describe_tables, ever_used, load_tables
from shared.storage.errors import StorageError
from shared.storage.migrations import newest, reached
from shared.storage.portable import Shape, read_rows
from shared.storage.unfinished import mark_finished, mark_unfinished
from shared.storage.users import InUse, check_unused

GROUP = "transfer"
RECORDS_AT_ONCE = 500
_positions = standard_tables(MetaData()).positions


class TransferRefused(StorageError):
    """The copy would not be whole."""


@dataclass(slots=True)
class _Partition:
    """The offsets of its records in order, and a digest of what they are."""

    offsets: list[int] = field(default_factory=list)
    digest: bytes = b""

    def add(self, delivery: Delivery) -> None:
        record = delivery.record
        seen = hashlib.sha256(self.digest)
        for part in (record.key, record.value, *(v for _, v in record.headers)):
            seen.update(b"-" if part is None else str(len(part)).encode() + b":" + part)
        self.digest = seen.digest()
        self.offsets.append(delivery.offset)

    def new_offset(self, old: "_Partition", position: int) -> int:
        """Where to go on here for one who would have gone on at `position` there."""
        place = bisect_left(old.offsets, position)
        if place < len(self.offsets):
            return self.offsets[place]
        return self.offsets[-1] + 1 if self.offsets else 0


Log = dict[TopicPartition, _Partition]


def transfer(source: House, target: House) -> list[str]:
    """Copy all of `source` into the empty `target`; what was copied, in words.

    Raises InUse, TargetInUse or TransferRefused before anything is written, or later with the
    target marked as unfinished: then empty it and begin again. The source is only read.
    """
    with ExitStack() as stack:
        leases = [stack.enter_context(_alone(service)) for service in source.services]
        _check_target(target)
        for service in target.services:
            service.setup()
        old_bus = stack.enter_context(closing(_bus_of(source)))
        new_bus = stack.enter_context(closing(_bus_of(target)))
        if any(_read_log(new_bus).values()):
            raise TargetInUse("the target's topics hold records; give it a cluster without them")
        rows = sum(
            _copy_tables(here, there)
            for here, there in zip(source.services, target.services, strict=True)
        )
        old = _republish(old_bus, new_bus)
        new = _read_log(new_bus)
        _compare(old, new)
        for service in target.services:
            _map_positions(service, old, new)
        records = sum(len(partition.offsets) for partition in old.values())
    return [
        f"{rows} rows of {len(leases)} services and {records} records were copied and compared.",
        "Start the processes with the new addresses; keep the keys and the lists where they are.",
    ]


@contextmanager
def _alone(service: Service) -> Iterator[Lease]:
    """The source's relay cannot start while this lasts."""
    database = service.open_database()
    check_unused(database)
    with closing(database):
        lease = Lease(database, "relay")
        if not lease.acquire():
            raise InUse(f"a worker of the {service.name} runs: stop all processes first")
        try:
            yield lease
        finally:
            lease.release()


def _check_target(target: House) -> None:
    for service in target.services:
        database = service.open_database()
        check_unused(database)
        with closing(database), database.read() as connection:
            if ever_used(connection):
                raise TargetInUse(f"the target's database of the {service.name} is not empty")


def _bus_of(house: House) -> Bus:
    return connect(house.settings.bus_url, BusSettings(**house.settings.bus_options()))


def _copy_tables(source: Service, target: Service) -> int:
    here, there = source.open_database(), target.open_database()
    with closing(here), closing(there), here.read() as given, there.write() as taken:
        if reached(given) != newest(source.migrations):
            raise TransferRefused(
                f"the database of the {source.name} is of an older version: run its `setup` first"
            )
        tables = describe_tables(given)

        def rows_of(shape: Shape) -> Iterator[list[list[object]]]:
            return read_rows(given, Shape(shape.name, tables[shape.name].kinds))

        load_tables(taken, tables, rows_of)
        mark_unfinished(taken)
    return sum(table.rows for table in tables.values())


def _read_log(bus: Bus) -> Log:
    log: Log = defaultdict(_Partition)
    deliver_through(bus, list(TOPICS), GROUP, lambda delivery: log[delivery.source].add(delivery))
    return log


def _republish(old_bus: Bus, new_bus: Bus) -> Log:
    """Every record again, partition by partition in its order, with all its headers."""
    log: Log = defaultdict(_Partition)
    with ExitStack() as stack:
        publishers = {
            owner: stack.enter_context(closing(new_bus.publisher(owner)))
            for owner in sorted({topic.owner for topic in TOPICS.values()})
        }
        waiting: dict[str, list[Record]] = defaultdict(list)

        def take(delivery: Delivery) -> None:
            log[delivery.source].add(delivery)
            owner = TOPICS[delivery.record.topic].owner
            waiting[owner].append(delivery.record)
            if len(waiting[owner]) >= RECORDS_AT_ONCE:
                publishers[owner].publish(waiting.pop(owner))

        deliver_through(old_bus, list(TOPICS), GROUP, take)
        for owner, records in waiting.items():
            publishers[owner].publish(records)
    return log


def _compare(old: Log, new: Log) -> None:
    for partition in sorted(old.keys() | new.keys()):
        if old[partition].digest != new[partition].digest:
            raise TransferRefused(
                f"{partition.topic}/{partition.partition} came out with "
                f"{len(new[partition].offsets)} records that differ from the "
                f"{len(old[partition].offsets)} given; empty the target and begin again"
            )


def _map_positions(service: Service, old: Log, new: Log) -> None:
    """Offsets are others on Kafka: where each group goes on is found by counting records."""
    database = service.open_database()
    with closing(database):
        with database.write() as connection:
            for row in connection.execute(select(_positions)).all():
                partition = TopicPartition(row.topic, row.partition)
                place = new[partition].new_offset(old[partition], row.next_offset)
                mine = (
                    (_positions.c.consumer_group == row.consumer_group)
                    & (_positions.c.topic == row.topic)
                    & (_positions.c.partition == row.partition)
                )
                connection.execute(update(_positions).where(mine).values(next_offset=place))
        mark_finished(database)


@click.command()
@click.option(
    "--database-url",
    required=True,
    help="Where the databases shall be: postgresql+psycopg://user:password@host/{service}.",
)
@click.option("--bus-url", required=True, help="Where the log shall be: kafka://host:9092.")
def main(database_url: str, bus_url: str) -> None:
    """Copy the house of the present settings to PostgreSQL and Kafka. Stop all processes first."""
    there = {"CONVENE_DATABASE_URL": database_url, "CONVENE_BUS_URL": bus_url}
    try:
        said = transfer(house_of(os.environ), house_of({**os.environ, **there}))
    except (SettingsRefused, StorageError, BusError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(said))


if __name__ == "__main__":
    main(prog_name="python -m scripts.transfer")
