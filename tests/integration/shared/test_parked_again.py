"""Dead letters while the worker goes on: given up, tried again, by whom, in which order."""

from itertools import count as numbers

import pytest
from sqlalchemy import Connection, select, update

from shared.bus.partitioning import partition_for
from shared.bus.records import Delivery, Record, TopicPartition
from shared.contracts.envelope import Event
from shared.ids import new_id
from shared.messaging import parking
from shared.messaging.failures import Fate, ParkGauge, ParkLimitReached, ParkLimits, Poison
from shared.messaging.parking import Parking
from shared.messaging.positions import Positions
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.storage import StorageUnavailable, Work
from tests.integration.shared.world import NOW, TABLES, TOPIC, World, count, mine, parked

small = pytest.mark.parametrize("world", ["small"], indirect=True)
both = pytest.mark.parametrize(
    "world",
    ["small", pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres])],
    indirect=True,
)


class Choosy:
    """Refuses everything of some subjects, until told better."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)

    def __call__(self, work: Work, event: Event) -> None:
        if event.subject in self.refused:
            raise Poison("not yet")
        count(work, event)


def open_id(world: World, subject: str) -> str:
    with world.database.read() as connection:
        rows = parking.list_parked(connection)
    return next(str(row.id) for row in rows if bytes(row.key) == subject.encode())


@both
def test_after_a_discard_the_key_flows_again(world: World) -> None:
    a = new_id()
    handler = Choosy(a)
    relay, runner = world.relay(), world.runner(handler)
    world.write(a)
    world.settle(relay, runner, until=lambda: parked(world, a) == 1)
    handler.refused.clear()
    with world.database.write() as connection:
        assert parking.discard(connection, open_id(world, a)) == 1
        row = TABLES.counters.insert().values(name="records_done:discarded", value=1)
        connection.execute(row)
    world.write(a)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 1}))
    assert parked(world, a) == 0


def of_partition(number: int) -> str:
    return next(id_ for id_ in (new_id() for _ in numbers()) if partition(id_) == number)


def partition(subject: str) -> int:
    return partition_for(subject.encode(), 2)


@small
def test_each_worker_tries_again_what_belongs_to_its_own_partitions(world: World) -> None:
    a, b = of_partition(0), of_partition(1)
    handler = Choosy(a, b)
    relay = world.relay()
    one, two = (world.runner(handler, member=name) for name in "12")
    for runner in (one, two, one, two, one, two):
        runner.step()  # each has one partition
    world.write(a)
    world.write(b)
    world.settle(relay, one, two, until=lambda: parked(world, a, b) == 2)
    handler.refused.clear()
    with world.database.write() as connection:
        for subject in (a, b):
            parking.release(connection, open_id(world, subject))
    while one.step():  # reads only its own, though it is asked first and again
        pass
    assert sorted((mine(world, **{a: 1}), mine(world, **{b: 1}))) == [False, True]
    world.settle(two, until=lambda: mine(world, **{a: 1, b: 1}))
    world.write(a)
    world.write(b)
    world.settle(relay, one, two, until=lambda: mine(world, **{a: 2, b: 2}))
    assert parked(world, a, b) == 0


def delivery(offset: int, key: bytes = b"k", **headers: bytes) -> Delivery:
    record = Record(TOPIC, key, b"\0\xff", tuple(headers.items()))
    return Delivery(record, 0, offset, NOW.timestamp())


def release_all(connection: Connection) -> None:
    connection.execute(update(TABLES.parked).values(state=parking.RELEASED))


def done_with(world: World) -> None:
    """These rows were written by hand, and no book knows of them."""
    with world.database.write() as connection:
        connection.execute(update(TABLES.parked).values(state=parking.DONE))


@both
def test_a_released_record_is_taken_back_once(world: World) -> None:
    ours = Parking(world.group, world.clock)
    with world.database.write() as connection:
        ours.park(connection, delivery(1), "broken", None)
        release_all(connection)
        ((row_id, _),) = ours.released(connection, [TopicPartition(TOPIC, 0)])
        assert [ours.close(connection, row_id), ours.close(connection, row_id)] == [True, False]
    done_with(world)


@both
def test_released_records_come_in_the_order_of_the_bus_whatever_the_clocks_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = (f"{number:036}" for number in numbers(900, -1))
    monkeypatch.setattr(parking, "new_id", lambda: next(ids))
    ours = Parking(world.group, world.clock)
    with world.database.write() as connection:
        for offset in (1, 2, 3):
            ours.park(connection, delivery(offset), "broken", None)
        release_all(connection)
        again = ours.released(connection, [TopicPartition(TOPIC, 0)])
    assert [each.offset for _, each in again] == [1, 2, 3]
    done_with(world)


@both
def test_whatever_the_bytes_a_record_can_be_parked_and_comes_back_the_same(world: World) -> None:
    """One that cannot be stored would stop the worker at every start."""
    odd = delivery(1, b"\0\xff", plain=b"1", nul=b"a\0b", high=b"\xff\x80")
    ours = Parking(world.group, world.clock)
    with world.database.write() as connection:
        ours.park(connection, odd, "a NUL \0 and half a pair \ud800", None)
        release_all(connection)
        ((_, again),) = ours.released(connection, [TopicPartition(TOPIC, 0)])
        reason = connection.execute(select(TABLES.parked.c.reason)).scalar_one()
    assert again.record == odd.record
    assert "half a pair" in reason
    done_with(world)


@both
def test_a_partition_whose_beginning_could_not_be_read_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = of_partition(0), of_partition(1)
    relay, runner = world.relay(), world.runner(count)
    load, failures = Positions.load, iter([True])

    def flaky(positions: Positions, connection: Connection) -> dict[TopicPartition, int]:
        if next(failures, False):
            raise StorageUnavailable("the database is failing over")
        return load(positions, connection)

    monkeypatch.setattr(Positions, "load", flaky)
    world.write(a)
    world.write(b)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 1, b: 1}))


@small
def test_a_step_ends_in_time_though_there_is_more_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the group, the watchdog and whoever asks us to stop would all give us up."""
    monkeypatch.setattr("shared.messaging.runner.STEP_SECONDS", 0.0)
    monkeypatch.setattr("shared.messaging.runner.BATCH_SECONDS", 0.0)
    a = new_id()
    relay: Relay = world.relay()
    runner: Runner = world.runner(count)
    world.write(a, 5)
    while relay.step():
        pass
    runner.step()
    assert not mine(world, **{a: 5})
    world.settle(runner, until=lambda: mine(world, **{a: 5}))


def test_only_what_was_tried_counts_for_the_limit() -> None:
    gauge = ParkGauge(ParkLimits(in_a_row=3))
    for fate in (Fate.PARKED, Fate.BEHIND, Fate.PARKED, Fate.SKIPPED, Fate.DUPLICATE):
        gauge.record(fate)
    with pytest.raises(ParkLimitReached):
        gauge.record(Fate.PARKED)
