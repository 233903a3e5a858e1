"""How topics are made and kept."""

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from shared.bus import Bus, BusSettings, Closed, TopicsDiffer, TopicSpec, connect
from tests.contract.bus.support import SETTINGS, a_record, receive, values

DAY_SECONDS = 86_400.0


def test_topics_are_made_as_specified(bus: Bus, topic: str) -> None:
    specs = [
        TopicSpec(f"{topic}-compacted", 3, compacted=True),
        TopicSpec(f"{topic}-for-ever", 2, compacted=False),
        TopicSpec(f"{topic}-days", 1, compacted=False, retention_seconds=30 * DAY_SECONDS),
    ]

    bus.admin().ensure_topics(specs)

    made = bus.admin().topic_configuration()
    assert [made[spec.name] for spec in specs] == specs


def test_making_topics_again_changes_how_they_are_kept_and_loses_nothing(
    bus: Bus, topic: str, group: str
) -> None:
    bus.publisher("sender").publish([a_record(topic)])
    changed = TopicSpec(topic, 4, compacted=False, retention_seconds=7 * DAY_SECONDS)

    bus.admin().ensure_topics([changed])
    bus.admin().ensure_topics([changed])

    assert bus.admin().topic_configuration()[topic] == changed
    assert len(receive(bus.consumer(group, [topic], "one"), 1)) == 1


def test_another_number_of_partitions_is_refused(bus: Bus, topic: str) -> None:
    with pytest.raises(TopicsDiffer, match=r"has 4 partitions and should have 5"):
        bus.admin().ensure_topics([TopicSpec(topic, 5, compacted=False)])

    assert bus.admin().topic_configuration()[topic].partitions == 4


def test_a_bus_without_topics_can_be_asked(bus: Bus) -> None:
    assert isinstance(bus.admin().topic_configuration(), dict)


def test_the_admin_closes_twice_and_then_refuses(bus: Bus) -> None:
    admin = bus.admin()
    admin.close()
    admin.close()

    with pytest.raises(Closed):
        admin.topic_configuration()
    with pytest.raises(Closed):
        admin.maintain()


def test_a_compacted_topic_keeps_the_last_record_of_each_key(
    bus: Bus, topic: str, group: str, request: pytest.FixtureRequest
) -> None:
    if not bus.features.compacts_on_request:
        request.applymarker(
            pytest.mark.xfail(strict=True, reason="a broker compacts when it sees fit")
        )
    name = f"{topic}-compacted"
    bus.admin().ensure_topics([TopicSpec(name, 1, compacted=True)])
    publisher = bus.publisher("sender")
    for value in range(3):
        publisher.publish([a_record(name, key, f"{key}{value}") for key in "abc"])
    publisher.publish([a_record(name, "b", None)])

    bus.admin().maintain()

    kept = receive(bus.consumer(group, [name], "one"), 3)
    assert [(each.record.key, each.record.value) for each in kept] == [
        (b"a", b"a2"),
        (b"c", b"c2"),
        (b"b", None),
    ]
    offsets = [each.offset for each in kept]
    assert offsets == sorted(offsets)


def test_a_reader_in_the_middle_is_not_disturbed_by_compaction(
    bus: Bus, topic: str, group: str
) -> None:
    name = f"{topic}-compacted"
    bus.admin().ensure_topics([TopicSpec(name, 1, compacted=True)])
    publisher = bus.publisher("sender")
    publisher.publish([a_record(name, "a", str(n)) for n in range(5)])
    consumer = bus.consumer(group, [name], "one")
    read = receive(consumer, 5)

    bus.admin().maintain()
    consumer.seek(read[1].source, read[1].offset)
    publisher.publish([a_record(name, "b", "after")])

    left = 2 if bus.features.compacts_on_request else 5
    assert values(receive(consumer, left))[-2:] == ["4", "after"]


def test_old_tombstones_go_and_what_they_deleted_stays_deleted(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    if not bus.features.compacts_on_request:
        config = _kafka_config(bus_url, topic)
        assert int(config["delete.retention.ms"]["value"]) >= 30 * DAY_SECONDS * 1000
        return
    name = f"{topic}-compacted"
    bus.admin().ensure_topics([TopicSpec(name, 1, compacted=True)])
    bus.publisher("sender").publish(
        [a_record(name, "gone"), a_record(name, "gone", None), a_record(name, "kept", "kept")]
    )

    _maintain_in(bus_url, days=29)
    assert len(receive(bus.consumer(f"{group}-29", [name], "one"), 2)) == 2
    _maintain_in(bus_url, days=31)

    assert values(receive(bus.consumer(f"{group}-31", [name], "one"), 1)) == ["kept"]


def test_records_older_than_the_retention_go(
    bus: Bus, bus_url: str, topic: str, group: str
) -> None:
    if not bus.features.compacts_on_request:
        assert _kafka_config(bus_url, topic)["retention.ms"]["value"] == "-1"
        return
    name = f"{topic}-days"
    bus.admin().ensure_topics(
        [TopicSpec(name, 1, compacted=False, retention_seconds=30 * DAY_SECONDS)]
    )
    publisher = bus.publisher("sender")
    publisher.publish([a_record(name, value="old"), a_record(topic, value="for ever")])

    _maintain_in(bus_url, days=31)
    publisher.publish([a_record(name, value="new")])

    consumer = bus.consumer(group, [name, topic], "one")
    assert sorted(values(receive(consumer, 2))) == ["for ever", "new"]
    assert sum(consumer.lag().values()) == 0


def _maintain_in(bus_url: str, days: float) -> None:
    """Upkeep as it will be in so many days."""
    later = BusSettings(now=lambda: SETTINGS.now() + days * DAY_SECONDS)
    bus = connect(bus_url, later)
    bus.admin().maintain()
    bus.close()


def _kafka_config(bus_url: str, topic: str) -> dict[str, dict[str, str]]:
    admin = KafkaAdminClient(bootstrap_servers=bus_url.removeprefix("kafka://"))
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    try:
        found = admin.describe_configs([resource], config_filter="all")
    finally:
        admin.close()
    config: dict[str, dict[str, str]] = found["topic"][topic]
    return config
