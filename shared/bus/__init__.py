"""How events travel: one port (`port.py`), two adapters (Apache Kafka, and a durable log in one SQLite
file), chosen by a URL in `connect.py`. Stop 4 of the walk. It knows bytes, keys, headers, topics,
partitions and offsets; it knows no event types.
"""

from shared.bus.connect import connect
from shared.bus.errors import (
    BusError,
    BusUnavailable,
    Closed,
    ConsumerLost,
    Fenced,
    PublishRefused,
    RecordTooLarge,
    TopicsDiffer,
)
from shared.bus.port import Admin, Bus, Consumer, Publisher
from shared.bus.records import Delivery, Features, Record, TopicPartition, TopicSpec
from shared.bus.settings import BusSettings

__all__ = [
    "Admin",
    "Bus",
    "BusError",
    "BusSettings",
    "BusUnavailable",
    "Closed",
    "Consumer",
    "ConsumerLost",
    "Delivery",
    "Features",
    "Fenced",
    "PublishRefused",
    "Publisher",
    "Record",
    "RecordTooLarge",
    "TopicPartition",
    "TopicSpec",
    "TopicsDiffer",
    "connect",
]
