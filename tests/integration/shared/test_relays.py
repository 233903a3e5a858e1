"""Two relays, a lease that was lost, a name that was taken: nothing is lost, doubled or reordered."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from shared.bus.errors import BusUnavailable
from shared.bus.port import Publisher
from shared.bus.records import Record
from shared.ids import new_id
from shared.messaging.relay import Relay, outbox_depth
from tests.integration.shared.world import NOW, TABLES, World, count, mine

small = pytest.mark.parametrize("world", ["small"], indirect=True)
both = pytest.mark.parametrize(
    "world",
    ["small", pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres])],
    indirect=True,
)


class Watched:
    """The world's bus, with something happening just before a publisher is made or used."""

    def __init__(self, world: World) -> None:
        self._bus = world.bus
        self.before_name: Callable[[], None] = lambda: None
        self.before_publish: Callable[[], None] = lambda: None
        self.names_taken = 0
        self.sent: list[Sequence[Record]] = []

    def publisher(self, name: str) -> Any:
        self.before_name()
        self.names_taken += 1
        return _Publisher(self, self._bus.publisher(name))


class _Publisher:
    def __init__(self, watched: Watched, publisher: Publisher) -> None:
        self._watched, self._publisher = watched, publisher

    def publish(self, records: Sequence[Record]) -> None:
        self._watched.before_publish()
        self._publisher.publish(records)
        self._watched.sent.append(records)

    def close(self) -> None:
        self._publisher.close()


def watched_relay(world: World, service: str) -> tuple[Watched, Relay]:
    bus: Any = Watched(world)
    relay = Relay(world.database, bus, service, world.clock)
    world.tasks.append(relay)
    return bus, relay


def sequences(batches: Sequence[Sequence[Record]]) -> list[int]:
    return [int(dict(record.headers)["ce_sequence"]) for batch in batches for record in batch]


@both
def test_one_that_lost_its_lease_before_it_took_the_name_sends_nothing(world: World) -> None:
    """Its rows are old by then: sent after the newer ones they would win the compaction."""
    service, a = new_id(), new_id()
    bus, relay = watched_relay(world, service)
    other_bus, other = watched_relay(world, service)

    def lose_lease() -> None:
        bus.before_name = lambda: None
        relay._lease.release()
        assert other.step()
        world.write(a, 2)
        assert other.step()

    world.write(a)
    bus.before_name = lose_lease
    assert relay.step() is False
    assert bus.sent == []
    assert sequences(other_bus.sent) == [1, 2, 3]
    world.write(a)
    world.settle(relay, other, until=lambda: outbox_depth(world.database) == 0)
    assert sequences([*bus.sent, *other_bus.sent]).count(4) == 1


@both
def test_one_that_lost_its_lease_while_publishing_is_fenced(world: World) -> None:
    service, a = new_id(), new_id()
    bus, relay = watched_relay(world, service)
    other_bus, other = watched_relay(world, service)

    def lose_lease() -> None:
        bus.before_publish = lambda: None
        relay._lease.release()
        assert other.step()

    world.write(a, 3)
    bus.before_publish = lose_lease
    assert relay.step() is False
    assert bus.sent == []
    assert sequences(other_bus.sent) == [1, 2, 3]


@both
def test_what_two_have_sent_is_counted_once(world: World) -> None:
    """One relay's lease ends between the bus and the mark; the next sends the rows again."""
    _, relay = watched_relay(world, new_id())
    runner = world.runner(count)
    a = new_id()
    world.write(a, 2)
    rows = relay._unpublished()
    world.settle(relay, runner, until=lambda: mine(world, **{a: 2}))
    relay._mark([row.position for row in rows])  # the fixture compares the books


@small
def test_a_publisher_that_failed_is_not_used_again(world: World) -> None:
    bus, relay = watched_relay(world, new_id())

    def fail() -> None:
        bus.before_publish = lambda: None
        raise BusUnavailable("not known to be durable")

    bus.before_publish = fail
    world.write(new_id())
    assert relay.step() is False
    world.settle(relay, until=lambda: outbox_depth(world.database) == 0)
    assert bus.names_taken == 2


@both
def test_a_topic_that_is_refused_holds_back_no_other(world: World) -> None:
    world.rows_by_hand = True
    relay, runner = world.relay(), world.runner(count)
    row = {
        "event_id": new_id(),
        "topic": "convene.nowhere",
        "key": b"k",
        "value": b"{}",
        "headers": [],
        "created_at": NOW,
    }
    with world.database.write() as connection:
        connection.execute(insert(TABLES.outbox).values(**row))
    a = new_id()
    world.write(a, 2)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 2}))
    assert outbox_depth(world.database) == 1


@both
def test_a_batch_is_bounded_by_its_bytes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.relay.BATCH_BYTES", 200)
    bus, relay = watched_relay(world, new_id())
    world.write(new_id(), 10)
    world.settle(relay, until=lambda: outbox_depth(world.database) == 0)
    assert max(len(batch) for batch in bus.sent) <= 3
    assert sequences(bus.sent) == list(range(1, 11))


@both
def test_only_the_holder_of_the_lease_prunes(world: World) -> None:
    relay, standby = world.relay(), world.relay()
    world.write(new_id(), 3)
    world.settle(relay, until=lambda: outbox_depth(world.database) == 0)
    with world.database.write() as connection:
        old = world.clock.now() - timedelta(days=8)
        connection.execute(update(TABLES.outbox).values(published_at=old))

    def kept() -> int:
        with world.database.read() as connection:
            query = select(func.count()).select_from(TABLES.outbox)
            return int(connection.execute(query).scalar_one())

    world.clock.advance(seconds=3600)
    assert standby.step() is False
    assert kept() == 3
    world.settle(relay, until=lambda: kept() == 0)
