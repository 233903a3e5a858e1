"""What a topic holds of each key, read the same from both buses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.bus.connect import connect
from shared.bus.errors import BusUnavailable
from shared.bus.port import Bus
from shared.bus.records import Record, TopicSpec
from shared.ids import new_id
from shared.messaging.retained import Retained, read_retained


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bus]:
    if request.param == "embedded":
        bus = connect(f"embedded:///{tmp_path / 'bus.db'}")
    else:
        bus = connect(request.getfixturevalue("kafka_server").bus_url)
    yield bus
    bus.close()


@pytest.fixture
def topic(bus: Bus) -> str:
    name = f"retained-{new_id()}"
    admin = bus.admin()
    admin.ensure_topics([TopicSpec(name, 3, compacted=True)])
    admin.close()
    return name


def record(topic: str, key: str, sequence: int, value: bytes | None = b"{}") -> Record:
    return Record(topic, key.encode(), value, (("ce_sequence", f"{sequence:020}".encode()),))


def publish(bus: Bus, *records: Record) -> None:
    publisher = bus.publisher("retained-test")
    publisher.publish(records)
    publisher.close()


def test_the_last_record_of_each_key_counts_and_the_highest_number_is_known(
    bus: Bus, topic: str
) -> None:
    group = f"look-{new_id()}"
    assert read_retained(bus, [topic], group) == {}
    publish(bus, *(record(topic, f"k{n}", 1) for n in range(20)))
    publish(bus, record(topic, "k3", 3), record(topic, "k3", 2), record(topic, "k4", 2, None))
    found = read_retained(bus, [topic], group)
    assert len(found) == 20
    assert found[topic, "k3"] == Retained(last=2, highest=3)
    assert found[topic, "k4"] == Retained(2, 2)
    assert found[topic, "k5"] == Retained(1, 1)
    assert read_retained(bus, [topic], group) == found


def test_a_record_without_a_number_counts_as_none(bus: Bus, topic: str) -> None:
    publish(
        bus, Record(topic, b"odd", b"{}"), Record(topic, b"worse", b"", (("ce_sequence", b"x"),))
    )
    found = read_retained(bus, [topic], f"look-{new_id()}")
    assert set(found.values()) == {Retained(0, 0)}


def test_a_topic_that_is_not_there_is_named(bus: Bus) -> None:
    with pytest.raises(BusUnavailable, match=r"no-such-topic.*setup"):
        read_retained(bus, ["no-such-topic"], "look")
