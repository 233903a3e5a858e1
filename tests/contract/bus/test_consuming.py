"""What `Consumer` promises, of one member."""

import time
from threading import Timer

import pytest

from shared.bus import Bus, Closed, Consumer, ConsumerLost, Fenced, TopicPartition, TopicSpec
from tests.contract.bus.support import (
    PARTITIONS,
    TIMEOUT_SECONDS,
    a_record,
    after,
    receive,
    receive_nothing,
    settle,
    values,
    wait_until,
)


def test_what_was_not_committed_comes_back(bus: Bus, topic: str, group: str) -> None:
    bus.publisher("sender").publish([a_record(topic, value="again")])
    first = bus.consumer(group, [topic], "one")
    receive(first, 1)
    first.close()

    assert values(receive(bus.consumer(group, [topic], "one"), 1)) == ["again"]


def test_what_was_committed_does_not(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")
    publisher.publish([a_record(topic, value="handled")])
    first = bus.consumer(group, [topic], "one")
    first.commit(after(receive(first, 1)))
    first.close()
    publisher.publish([a_record(topic, value="new")])

    assert values(receive(bus.consumer(group, [topic], "one"), 1)) == ["new"]


def test_the_position_committed_is_the_next_to_read(bus: Bus, topic: str, group: str) -> None:
    bus.publisher("sender").publish([a_record(topic, value=str(n)) for n in range(5)])
    first = bus.consumer(group, [topic], "one")
    third = receive(first, 5)[2]
    first.commit({third.source: third.offset})
    first.close()

    assert values(receive(bus.consumer(group, [topic], "one"), 3)) == ["2", "3", "4"]


def test_groups_do_not_share(bus: Bus, topic: str, group: str) -> None:
    bus.publisher("sender").publish([a_record(topic)])

    for name in (group, f"{group}-other"):
        consumer = bus.consumer(name, [topic], "one")
        consumer.commit(after(receive(consumer, 1)))


def test_an_assignment_is_told_before_its_first_record_and_may_seek(
    bus: Bus, topic: str, group: str
) -> None:
    bus.publisher("sender").publish([a_record(topic, value=str(n)) for n in range(5)])
    offsets = [each.offset for each in receive(bus.consumer(f"{group}-x", [topic], "x"), 5)]
    told: list[TopicPartition] = []

    def _begin_at_the_fourth(partitions: frozenset[TopicPartition]) -> None:
        told.extend(partitions)
        for partition in partitions:
            consumer.seek(partition, offsets[3])

    consumer = bus.consumer(group, [topic], "one", on_assigned=_begin_at_the_fourth)

    assert values(receive(consumer, 2)) == ["3", "4"]
    assert sorted(told) == [TopicPartition(topic, number) for number in range(PARTITIONS)]
    assert consumer.assignment() == frozenset(told)


def test_seeking_back_delivers_again_and_forward_skips(bus: Bus, topic: str, group: str) -> None:
    bus.publisher("sender").publish([a_record(topic, value=str(n)) for n in range(5)])
    consumer = bus.consumer(group, [topic], "one")
    received = receive(consumer, 5)

    consumer.seek(received[1].source, received[1].offset)
    assert values(receive(consumer, 4)) == ["1", "2", "3", "4"]
    consumer.seek(received[0].source, received[4].offset)
    assert values(receive(consumer, 1)) == ["4"]


def test_a_position_beyond_the_end_means_from_the_beginning(
    bus: Bus, topic: str, group: str
) -> None:
    bus.publisher("sender").publish([a_record(topic, value="first")])
    consumer = bus.consumer(group, [topic], "one")
    (received,) = receive(consumer, 1)

    consumer.seek(received.source, 1_000)

    assert values(receive(consumer, 1)) == ["first"]


def test_seeking_what_is_not_assigned_is_a_mistake(bus: Bus, topic: str, group: str) -> None:
    consumer = bus.consumer(group, [topic], "one")
    settle(consumer, PARTITIONS)

    for use in (consumer.pause, consumer.resume):
        with pytest.raises(ValueError, match="other-topic"):
            use([TopicPartition("other-topic", 0)])
    with pytest.raises(ValueError, match="other-topic"):
        consumer.seek(TopicPartition("other-topic", 0), 0)


def test_a_paused_partition_delivers_nothing_until_resumed(
    bus: Bus, topic: str, group: str
) -> None:
    publisher = bus.publisher("sender")
    consumer = bus.consumer(group, [topic], "one")
    settle(consumer, PARTITIONS)

    consumer.pause(consumer.assignment())
    publisher.publish([a_record(topic, value="held back")])
    receive_nothing(consumer)
    assert len(consumer.assignment()) == PARTITIONS
    consumer.resume(consumer.assignment())

    assert values(receive(consumer, 1)) == ["held back"]


def test_only_the_paused_partition_is_held_back(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")
    publisher.publish([a_record(topic, "a"), a_record(topic, "abc")])
    consumer = bus.consumer(group, [topic], "one")
    held, free = sorted(receive(consumer, 2), key=lambda each: each.record.key)

    consumer.pause([held.source])
    publisher.publish([a_record(topic, "a", "held"), a_record(topic, "abc", "free")])

    assert held.source != free.source
    assert values(receive(consumer, 1)) == ["free"]


def test_lag_counts_what_was_not_delivered(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")
    consumer = bus.consumer(group, [topic], "one")
    settle(consumer, PARTITIONS)
    assert sum(consumer.lag().values()) == 0

    consumer.pause(consumer.assignment())
    publisher.publish([a_record(topic, f"key-{n}") for n in range(10)])
    wait_until(lambda: sum(consumer.lag().values()) >= 10, "all ten counted")
    behind = consumer.lag()
    consumer.resume(consumer.assignment())
    receive(consumer, 10)

    assert set(behind) == consumer.assignment()
    if bus.features.dense_offsets:
        assert sum(behind.values()) == 10
    _wait_for_no_lag(consumer)


def _wait_for_no_lag(consumer: Consumer) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while sum(consumer.lag().values()):
        assert time.monotonic() < deadline, consumer.lag()
        assert consumer.poll(0.1) == []


def test_poll_returns_soon_after_a_record_was_published(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")
    consumer = bus.consumer(group, [topic], "one")
    settle(consumer, PARTITIONS)
    published_at: list[float] = []

    def _publish() -> None:
        publisher.publish([a_record(topic)])
        published_at.append(time.monotonic())

    timer = Timer(0.2, _publish)
    timer.start()
    receive(consumer, 1)
    woke_at = time.monotonic()
    timer.join()

    assert woke_at - published_at[0] < 1.0


def test_a_topic_made_later_is_found(bus: Bus, topic: str, group: str) -> None:
    consumer = bus.consumer(group, [topic, f"{topic}-later"], "one")
    settle(consumer, PARTITIONS)
    bus.admin().ensure_topics([TopicSpec(f"{topic}-later", 2, compacted=False)])
    bus.publisher("sender").publish([a_record(f"{topic}-later", value="found")])

    assert values(receive(consumer, 1)) == ["found"]


def test_committing_what_is_not_ours_loses_the_consumer(bus: Bus, topic: str, group: str) -> None:
    consumer = bus.consumer(group, [topic], "one")
    settle(consumer, PARTITIONS)

    for _ in range(2):
        with pytest.raises(ConsumerLost):
            consumer.commit({TopicPartition(topic, 99): 1})
    with pytest.raises(ConsumerLost):
        consumer.poll(0)
    consumer.close()


def test_an_older_consumer_of_the_same_name_is_refused(bus: Bus, topic: str, group: str) -> None:
    older = bus.consumer(group, [topic], "one")
    settle(older, PARTITIONS)
    bus.publisher("sender").publish([a_record(topic)])
    newer = bus.consumer(group, [topic], "one")
    settle_with_records = receive(newer, 1)

    with pytest.raises(Fenced):
        receive(older, 10_000)

    newer.commit(after(settle_with_records))
    assert len(newer.assignment()) == PARTITIONS


def test_closing_twice_is_harmless_and_use_after_it_is_a_mistake(
    bus: Bus, topic: str, group: str
) -> None:
    consumer = bus.consumer(group, [topic], "one")
    consumer.poll(0)
    consumer.close()
    consumer.close()

    partition = TopicPartition(topic, 0)
    for use in (
        lambda: consumer.poll(0),
        lambda: consumer.commit({partition: 1}),
        lambda: consumer.seek(partition, 0),
        lambda: consumer.pause([partition]),
        lambda: consumer.resume([partition]),
        consumer.lag,
        consumer.assignment,
    ):
        with pytest.raises(Closed):
            use()


def test_closing_the_bus_closes_its_parts(bus: Bus, topic: str, group: str) -> None:
    publisher, consumer = bus.publisher("sender"), bus.consumer(group, [topic], "one")
    bus.close()
    bus.close()

    for use in (
        lambda: publisher.publish([a_record(topic)]),
        lambda: consumer.poll(0),
        lambda: bus.publisher("other"),
        lambda: bus.consumer(group, [topic], "two"),
        bus.admin,
    ):
        with pytest.raises(Closed):
            use()
