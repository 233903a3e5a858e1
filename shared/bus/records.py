"""What travels on the bus, and how a topic is kept."""

from dataclasses import dataclass
from typing import NamedTuple

MAX_RECORD_BYTES = 1_048_576
"""The same for both adapters: what a Kafka broker takes by default."""

_FRAME_BYTES = 100  # the envelope of a batch of one record, generously
_HEADER_BYTES = 10  # the two lengths of a header, generously


class TopicPartition(NamedTuple):
    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message. `value` None is a tombstone: on a compacted topic it deletes its key."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record as it was handed to a consumer. `timestamp` is when it was published, in seconds
    since 1970.
    """

    record: Record
    partition: int
    offset: int
    timestamp: float

    @property
    def source(self) -> TopicPartition:
        return TopicPartition(self.record.topic, self.partition)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is kept.

    `compacted`: at least the last record of each key stays, a tombstone for 30 days at least;
    `retention_seconds` None otherwise means for ever. `restricted` topics may be read by one service
    only; on Kafka that takes an access rule, see docs/operations.
    """

    name: str
    partitions: int
    compacted: bool
    retention_seconds: float | None = None
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Features:
    """Where the adapters differ, so that nobody has to ask which one it is."""

    dense_offsets: bool
    """Offsets of records published together follow each other without gaps."""
    compacts_on_request: bool
    """`Admin.maintain()` compacts now; otherwise the broker does it when it sees fit."""
    atomic_publish: bool
    """A `publish` of up to 1,000 records and 4 MiB is seen as a whole or not at all."""
    remote: bool
    """It is reached over a network, so it can be away while this process lives."""
    instant_takeover: bool
    """A killed member's partitions move at once, not after its session has timed out."""


TOMBSTONE_RETENTION_SECONDS = 30 * 86_400.0


def record_size_bytes(record: Record) -> int:
    """What a record counts against MAX_RECORD_BYTES: never less than it takes on the wire."""
    headers = sum(_HEADER_BYTES + len(name.encode()) + len(value) for name, value in record.headers)
    return _FRAME_BYTES + len(record.key) + len(record.value or b"") + headers
