"""What `Publisher` promises."""

import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from kafka.partitioner.default import murmur2

from shared.bus import Bus, Closed, Fenced, PublishRefused, Record, RecordTooLarge
from shared.bus.records import MAX_RECORD_BYTES, record_size_bytes
from tests.contract.bus.support import PARTITIONS, a_record, receive, values


def test_a_record_arrives_as_it_was_sent(bus: Bus, topic: str, group: str) -> None:
    record = a_record(topic, "a key")
    empty = Record(topic, b"empty", b"")

    bus.publisher("sender").publish([record, empty])
    received = receive(bus.consumer(group, [topic], "one"), 2)

    assert {each.record.key: each.record for each in received} == {
        b"a key": record,
        b"empty": empty,
    }
    assert all(each.timestamp > 1_600_000_000 for each in received)


def test_a_tombstone_arrives_as_one(bus: Bus, topic: str, group: str) -> None:
    bus.publisher("sender").publish([a_record(topic, value=None)])

    (received,) = receive(bus.consumer(group, [topic], "one"), 1)

    assert received.record.value is None


def test_records_of_one_key_keep_their_order(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")
    for start in range(0, 100, 10):
        numbers = range(start, start + 10)
        publisher.publish([a_record(topic, f"key-{n % 7}", str(n)) for n in numbers])

    received = receive(bus.consumer(group, [topic], "one"), 100)

    for key in {each.record.key for each in received}:
        numbers_of_key = [
            int(each.record.value or b"") for each in received if each.record.key == key
        ]
        assert numbers_of_key == sorted(numbers_of_key)
        assert len({each.partition for each in received if each.record.key == key}) == 1


def test_both_adapters_send_a_key_to_the_same_partition(bus: Bus, topic: str, group: str) -> None:
    keys = ["", "a", "ab", "abc", "abcd", "019abe6e-9f4c-7cc1-b6d2-8a3f7c1d0e55", "møøse"]
    bus.publisher("sender").publish([a_record(topic, key) for key in keys])

    received = receive(bus.consumer(group, [topic], "one"), len(keys))

    found = {each.record.key.decode(): each.partition for each in received}
    by_kafkas_client = {key: (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS for key in keys}
    assert found == by_kafkas_client


def test_a_kill_right_after_publish_returned_loses_nothing(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    script = str(Path(__file__).with_name("publish_then_die.py"))

    ended = subprocess.run([sys.executable, script, bus_url, topic, "20"], check=False, timeout=60)

    assert ended.returncode == -signal.SIGKILL
    received = receive(bus.consumer(group, [topic], "one"), 20)
    assert sorted(values(received), key=int) == [str(n) for n in range(20)]


def test_a_record_at_the_limit_is_carried(bus: Bus, topic: str, group: str) -> None:
    frame = record_size_bytes(a_record(topic, value=""))
    largest = a_record(topic, value="x" * (MAX_RECORD_BYTES - frame))

    bus.publisher("sender").publish([largest])

    (received,) = receive(bus.consumer(group, [topic], "one"), 1)
    assert received.record == largest


def test_a_too_large_record_is_refused_with_its_size_and_later_ones_still_work(
    bus: Bus, topic: str, group: str
) -> None:
    publisher = bus.publisher("sender")
    frame = record_size_bytes(a_record(topic, value=""))
    too_large = a_record(topic, value="x" * (MAX_RECORD_BYTES - frame + 1))

    with pytest.raises(RecordTooLarge) as refused:
        publisher.publish([a_record(topic, value="before"), too_large])
    publisher.publish([a_record(topic, value="after")])

    assert refused.value.size_bytes == MAX_RECORD_BYTES + 1
    assert refused.value.limit_bytes == MAX_RECORD_BYTES
    assert (refused.value.topic, refused.value.key) == (topic, b"key")
    assert refused.value.durable == 0
    assert values(receive(bus.consumer(group, [topic], "one"), 1)) == ["after"]


def test_an_unknown_topic_is_refused_and_later_records_still_work(
    bus: Bus, topic: str, group: str
) -> None:
    publisher = bus.publisher("sender")

    with pytest.raises(PublishRefused) as refused:
        publisher.publish([a_record(topic), a_record("nobody-made-this")])
    publisher.publish([a_record(topic, value="after")])

    assert refused.value.topic == "nobody-made-this"
    assert values(receive(bus.consumer(group, [topic], "one"), 1)) == ["after"]


def test_more_records_than_fit_in_flight_all_arrive_once(bus: Bus, topic: str, group: str) -> None:
    numbers = range(2_500)

    bus.publisher("sender").publish([a_record(topic, f"key-{n}", str(n)) for n in numbers])

    received = receive(bus.consumer(group, [topic], "one"), len(numbers))
    assert sorted(values(received), key=int) == [str(n) for n in numbers]


def test_several_threads_may_share_a_publisher(bus: Bus, topic: str, group: str) -> None:
    publisher = bus.publisher("sender")

    def _send(sender: int) -> None:
        for number in range(5):
            publisher.publish([a_record(topic, f"sender-{sender}", f"{sender}-{number}")])

    threads = [Thread(target=_send, args=(sender,)) for sender in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    received = values(receive(bus.consumer(group, [topic], "one"), 20))
    assert sorted(received) == sorted(f"{s}-{n}" for s in range(4) for n in range(5))
    for sender in range(4):
        mine = [value for value in received if value.startswith(f"{sender}-")]
        assert mine == sorted(mine)


def test_an_older_publisher_of_the_same_name_is_refused(bus: Bus, topic: str, group: str) -> None:
    older = bus.publisher("relay")
    older.publish([a_record(topic, value="by the older")])
    newer = bus.publisher("relay")
    newer.publish([a_record(topic, value="by the newer")])

    for _ in range(2):
        with pytest.raises(Fenced):
            older.publish([a_record(topic, value="too late")])
    newer.publish([a_record(topic, value="still by the newer")])

    received = receive(bus.consumer(group, [topic], "one"), 3)
    assert values(received) == ["by the older", "by the newer", "still by the newer"]


def test_publishers_of_different_names_do_not_disturb_each_other(
    bus: Bus, topic: str, group: str
) -> None:
    first, second = bus.publisher("first"), bus.publisher("second")

    first.publish([a_record(topic)])
    second.publish([a_record(topic)])
    first.publish([a_record(topic)])

    assert len(receive(bus.consumer(group, [topic], "one"), 3)) == 3


def test_publishing_nothing_is_nothing(bus: Bus) -> None:
    bus.publisher("sender").publish([])


def test_closing_twice_is_harmless_and_use_after_it_is_a_mistake(bus: Bus, topic: str) -> None:
    publisher = bus.publisher("sender")
    publisher.close()
    publisher.close()

    with pytest.raises(Closed):
        publisher.publish([a_record(topic)])
