"""Another service that consumes the events: it knows the topics, the CloudEvents library, and us not."""

from collections.abc import Iterator
from typing import Any

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat
from kafka import KafkaConsumer, TopicPartition

from shared.bus.connect import connect

TOPICS = (
    "convene.members",
    "convene.capabilities",
    "convene.needs",
    "convene.matches",
    "convene.correspondence",
)


def messages(bus_url: str) -> Iterator[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
    """Every record of the topics so far: key, value, headers."""
    if bus_url.startswith("kafka://"):
        yield from _from_kafka(bus_url.removeprefix("kafka://"))
    else:
        yield from _from_embedded(bus_url)


def _from_kafka(servers: str) -> Iterator[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
    consumer = KafkaConsumer(
        bootstrap_servers=servers.split(","),
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    try:
        places = [
            TopicPartition(topic, number)
            for topic in TOPICS
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=500).values():
                for record in batch:
                    yield record.key, record.value, dict(record.headers)
    finally:
        consumer.close()


def _from_embedded(bus_url: str) -> Iterator[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
    bus = connect(bus_url)
    consumer = bus.consumer("observer", TOPICS, "observer")
    try:
        while batch := consumer.poll(0.2):
            for delivery in batch:
                record = delivery.record
                yield record.key, record.value, dict(record.headers)
    finally:
        consumer.close()
        bus.close()


def read_events(bus_url: str) -> list[Any]:
    """Every message as the public library reads it; fails on one that it cannot read."""
    return [
        from_kafka(KafkaMessage(headers=headers, key=key, value=value), JSONFormat())
        for key, value, headers in messages(bus_url)
        if value is not None
    ]


def raw_bytes(bus_url: str) -> bytes:
    """All that travelled, in one piece, to search for what must not be there."""
    parts = []
    for key, value, headers in messages(bus_url):
        parts += [key or b"", value or b"", *headers.values()]
    return b"\n".join(parts)
