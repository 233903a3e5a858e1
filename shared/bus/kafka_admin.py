"""Topics on Kafka: made as reviewed, never by accident."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from shared.bus.errors import BusUnavailable, Closed, TopicsDiffer
from shared.bus.kafka_clients import build
from shared.bus.kafka_errors import describe
from shared.bus.records import MAX_RECORD_BYTES, TOMBSTONE_RETENTION_SECONDS, TopicSpec
from shared.bus.settings import BusSettings

_BATCH_ENVELOPE_BYTES = 12


class KafkaAdmin:
    def __init__(self, connection: Mapping[str, Any], settings: BusSettings) -> None:
        self._settings = settings
        self._closed = False
        self._client = build(KafkaAdminClient, connection)

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        self._check_usable()
        with _reachable():
            existing = self._partition_counts()
            for spec in specs:
                there = existing.get(spec.name, spec.partitions)
                if there != spec.partitions:
                    raise TopicsDiffer(
                        f"Topic {spec.name} has {there} partitions and should have "
                        f"{spec.partitions}. Changing it would move keys: make a new topic and "
                        "replay, or correct the number."
                    )
            self._create([spec for spec in specs if spec.name not in existing])
            self._configure([spec for spec in specs if spec.name in existing])

    def topic_configuration(self) -> dict[str, TopicSpec]:
        self._check_usable()
        with _reachable():
            counts = self._partition_counts()
            resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in counts]
            if not resources:
                return {}
            found = self._client.describe_configs(resources, config_filter="all")["topic"]
            return {name: _spec(name, counts[name], found[name]) for name in counts}

    def maintain(self) -> None:
        """The broker does it by itself."""
        self._check_usable()

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._client.close()

    def _check_usable(self) -> None:
        if self._closed:
            raise Closed("The admin is closed; make a new one.")

    def _partition_counts(self) -> dict[str, int]:
        return {
            topic["name"]: len(topic["partitions"])
            for topic in self._client.describe_topics()
            if not topic["name"].startswith("__")
        }

    def _create(self, specs: Sequence[TopicSpec]) -> None:
        if not specs:
            return
        wanted = {
            spec.name: {
                "num_partitions": spec.partitions,
                "replication_factor": self._settings.replication_factor or -1,
                "configs": _config(spec),
            }
            for spec in specs
        }
        with suppress(TopicAlreadyExistsError):  # another process' setup was faster
            self._client.create_topics(wanted)
        self._client.wait_for_topics(list(wanted))

    def _configure(self, specs: Sequence[TopicSpec]) -> None:
        if specs:
            self._client.alter_configs(
                [
                    ConfigResource(ConfigResourceType.TOPIC, each.name, _config(each))
                    for each in specs
                ]
            )


def _config(spec: TopicSpec) -> dict[str, str]:
    retention = spec.retention_seconds
    return {
        "cleanup.policy": "compact" if spec.compacted else "delete",
        "retention.ms": "-1" if retention is None else str(int(retention * 1000)),
        "retention.bytes": "-1",
        "delete.retention.ms": str(int(TOMBSTONE_RETENTION_SECONDS * 1000)),
        "max.message.bytes": str(MAX_RECORD_BYTES + _BATCH_ENVELOPE_BYTES),
    }


def _spec(name: str, partitions: int, config: Mapping[str, Mapping[str, Any]]) -> TopicSpec:
    retention_ms = int(config["retention.ms"]["value"])
    return TopicSpec(
        name=name,
        partitions=partitions,
        compacted="compact" in config["cleanup.policy"]["value"],
        retention_seconds=None if retention_ms < 0 else retention_ms / 1000,
    )


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise BusUnavailable(f"Kafka did not do as asked ({describe(error)}).") from error
