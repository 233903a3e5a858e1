"""Outbox to bus to handler and back, on the small size and on the large one."""

import pytest
from sqlalchemy import insert, update

from shared.bus.records import TopicPartition
from shared.contracts.envelope import Event
from shared.ids import new_id
from shared.messaging import parking
from shared.messaging.failures import ParkLimitReached, ParkLimits, Poison, Transient
from shared.messaging.positions import Positions, PositionTaken
from shared.messaging.relay import outbox_depth
from shared.storage import Work
from tests.integration.shared.world import NOW, TABLES, TOPIC, World, count, mine, parked


def test_what_is_written_is_handled_once(world: World) -> None:
    a, b = new_id(), new_id()
    relay, runner = world.relay(), world.runner(count)
    world.write(a, 3)
    world.write(b, 2)

    def all_done() -> bool:
        """A shared broker carries other tests' records too: those are to be read as well."""
        return mine(world, **{a: 3, b: 2}) and runner.lag() == 0

    world.settle(relay, runner, until=all_done)
    assert outbox_depth(world.database) == 0


def test_a_second_publication_changes_nothing(world: World) -> None:
    a, b = new_id(), new_id()
    relay, runner = world.relay(), world.runner(count)
    world.write(a, 2)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 2}))
    with world.database.write() as connection:
        connection.execute(update(TABLES.outbox).values(published_at=None))
        world.rows_by_hand = True
    world.write(b)
    world.settle(relay, runner, until=lambda: mine(world, **{b: 1}) and not runner.step(0.2))
    assert mine(world, **{a: 2, b: 1})


def test_a_new_worker_goes_on_where_the_database_says(world: World) -> None:
    a = new_id()
    relay, first = world.relay(), world.runner(count)
    world.write(a, 2)
    world.settle(relay, first, until=lambda: mine(world, **{a: 2}))
    first.close()
    world.write(a)
    second = world.runner(count)
    world.settle(relay, second, until=lambda: mine(world, **{a: 3}))


def test_a_passing_fault_keeps_order_and_loses_nothing(world: World) -> None:
    a, b = new_id(), new_id()
    seen: list[int] = []
    faults = iter([True, True, False])

    def flaky(work: Work, event: Event) -> None:
        if event.subject == a and next(faults, False):
            raise Transient("the neighbour is away")
        if event.subject == a:
            seen.append(event.sequence)
        count(work, event)

    relay, runner = world.relay(), world.runner(flaky)
    world.write(a, 3)
    world.write(b)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 3, b: 1}))
    assert seen == [1, 2, 3]


def test_poison_is_parked_with_what_follows_it_and_can_be_released(world: World) -> None:
    a, b = new_id(), new_id()
    broken = [True]

    def choosy(work: Work, event: Event) -> None:
        if event.subject == a and broken[0]:
            raise Poison("not yet")
        count(work, event)

    relay, runner = world.relay(), world.runner(choosy)
    world.write(a, 2)
    world.write(b, 2)
    world.settle(relay, runner, until=lambda: mine(world, **{b: 2}) and parked(world, a) == 2)
    assert mine(world, **{a: 0})
    broken[0] = False
    with world.database.write() as connection:
        first = next(r for r in parking.list_parked(connection) if bytes(r.key) == a.encode())
        assert first.reason == "not yet"
        assert parking.release(connection, first.id) == 2
    world.settle(relay, runner, until=lambda: mine(world, **{a: 2}))
    assert parked(world, a) == 0
    world.write(a)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 3}))


def test_bytes_that_are_no_event_are_parked(world: World) -> None:
    a, b = new_id(), new_id()
    relay, runner = world.relay(), world.runner(count)
    world.publish_raw(b, b"\xff not json")
    world.write(a)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 1}) and parked(world, b) == 1)


def test_a_bug_is_tried_a_few_times_then_parked(world: World) -> None:
    a, b = new_id(), new_id()
    tries: list[str] = []

    def wrong(work: Work, event: Event) -> None:
        if event.subject == a:
            tries.append(event.id)
            count(work, event)
            raise KeyError("surprise")
        count(work, event)

    relay, runner = world.relay(), world.runner(wrong)
    world.write(a)
    world.write(b)
    world.settle(relay, runner, until=lambda: mine(world, **{b: 1}) and parked(world, a) == 1)
    assert len(tries) == 3
    assert mine(world, **{a: 0})


def test_too_much_poison_stops_the_consumer_and_parks_nothing_of_that_batch(world: World) -> None:
    def always(_work: Work, _event: Event) -> None:
        raise Poison("a bad deploy")

    relay = world.relay()
    runner = world.runner(always, limits=ParkLimits(in_a_row=5))
    keys = [new_id() for _ in range(6)]
    for key in keys:
        world.write(key)
    with pytest.raises(ParkLimitReached):
        world.settle(relay, runner, until=lambda: False)
    assert parked(world, *keys) < 6


def test_a_position_taken_by_another_worker_cannot_be_written(world: World) -> None:
    place = TopicPartition(TOPIC, 0)
    ours, theirs = Positions(world.group), Positions(world.group)
    with world.database.write() as connection:
        ours.load(connection)
        theirs.load(connection)
        theirs.advance(connection, {place: 5})

    def advance() -> None:
        with world.database.write() as connection:
            ours.advance(connection, {place: 3})

    with pytest.raises(PositionTaken):
        advance()
    with world.database.write() as connection:
        assert ours.load(connection) == {place: 5}
        ours.advance(connection, {place: 6})


def test_a_row_that_lost_its_topic_does_not_wedge_the_relay_for_ever(world: World) -> None:
    world.rows_by_hand = True
    relay = world.relay()
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
    assert relay.step() is False
    assert outbox_depth(world.database) == 1
