"""What a compacted topic holds of each key now: read from its beginning to its end, changing nothing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.bus.errors import BusUnavailable
from shared.bus.port import Bus, Consumer
from shared.bus.records import Delivery, Record, TopicPartition

PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Retained:
    """The number of the last record of a key, which compaction keeps, and the highest one seen;
    `type` is the event type of the last one.
    """

    last: int = 0
    highest: int = 0
    type: str = field(default="", compare=False)


def read_retained(
    bus: Bus, topics: Sequence[str], group: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> dict[tuple[str, str], Retained]:
    """By topic and key. One reader of a group at a time: two would share the partitions.

    Raises BusUnavailable when the end was not reached and nothing came for `patience_seconds`.
    """
    found: dict[tuple[str, str], Retained] = {}

    def take(record: Record) -> None:
        headers = dict(record.headers)
        written = headers.get("ce_sequence", b"")
        sequence = int(written) if written.isdigit() else 0
        name = (record.topic, record.key.decode(errors="replace"))
        highest = max(sequence, found.get(name, Retained()).highest)
        type_ = headers.get("ce_type", b"").decode(errors="replace")
        found[name] = Retained(sequence, highest, type_)

    read_through(bus, topics, group, take, patience_seconds=patience_seconds)
    return found


def read_through(
    bus: Bus,
    topics: Sequence[str],
    group: str,
    take: Callable[[Record], None],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """As `deliver_through`, for those who need no offsets."""
    deliver_through(
        bus, topics, group, lambda one: take(one.record), patience_seconds=patience_seconds
    )


def deliver_through(
    bus: Bus,
    topics: Sequence[str],
    group: str,
    take: Callable[[Delivery], None],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Hand over every record of these topics, from their beginning to their end.

    One reader of a group at a time, and BusUnavailable as `read_retained` says.
    """
    reader = _Reader(bus, topics, group, take)
    try:
        reader.read(patience_seconds)
    finally:
        reader.close()


class _Reader:
    def __init__(
        self, bus: Bus, topics: Sequence[str], group: str, take: Callable[[Delivery], None]
    ) -> None:
        self._partitions = _partitions(bus, topics)
        self._take = take
        self._consumer: Consumer = bus.consumer(
            group, topics, group, on_assigned=self._from_the_beginning
        )

    def read(self, patience_seconds: float) -> None:
        heard_at = time.monotonic()
        while True:
            deliveries = self._consumer.poll(_POLL_SECONDS)
            for delivery in deliveries:
                self._take(delivery)
            if deliveries:
                heard_at = time.monotonic()
            elif self._at_the_end():
                return
            elif time.monotonic() - heard_at > patience_seconds:
                raise BusUnavailable(
                    f"nothing came for {patience_seconds:.0f} s and the end was not reached; "
                    "look at the broker, then try again"
                )

    def close(self) -> None:
        self._consumer.close()

    def _from_the_beginning(self, partitions: frozenset[TopicPartition]) -> None:
        for partition in partitions:
            self._consumer.seek(partition, 0)

    def _at_the_end(self) -> bool:
        lag = self._consumer.lag()
        return set(lag) == self._partitions and not any(lag.values())


def _partitions(bus: Bus, topics: Sequence[str]) -> set[TopicPartition]:
    admin = bus.admin()
    try:
        known = admin.topic_configuration()
    finally:
        admin.close()
    missing = sorted(set(topics) - set(known))
    if missing:
        raise BusUnavailable(f"the bus has no topic {', '.join(missing)}; run `setup` first")
    return {TopicPartition(name, n) for name in topics for n in range(known[name].partitions)}
