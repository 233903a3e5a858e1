"""The bus port: what every adapter promises. The promises are tests in tests/contract/bus.

Records of one key stay in the order in which they were published, because a key always goes to the
same partition (murmur2 of the key, as Kafka does it) and a partition is an ordered log. Between
partitions there is no order. An offset is a place in one partition: it rises with every record and is
never used twice, but there may be gaps.

Delivery is at least once: what was delivered and not committed comes again after a restart or when the
partition moves to another member. Whoever must not do a thing twice keeps its own position in the
transaction of the effect, and seeks to it in `on_assigned`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from shared.bus.records import Delivery, Features, Record, TopicPartition, TopicSpec

PartitionsCallback = Callable[[frozenset[TopicPartition]], None]


class Publisher(Protocol):
    """Puts records on the bus under a service's name.

    A publisher takes its name when it is made; an older one of the same name is refused from then on
    (`Fenced`), so a relay that lost its lease while it was paused cannot write over its successor.
    It may be used by several threads.
    """

    def publish(self, records: Sequence[Record]) -> None:
        """Return only when all records are durable: they survive a kill of any process at once.

        Raises RecordTooLarge before anything is published; PublishRefused for an unknown topic or
        one we may not write; BusUnavailable when it is not known to be durable: then publish the
        records after the first `error.durable` again, in the same order. Later calls work after
        any error but Fenced and Closed.
        """

    def close(self) -> None:
        """May be called twice."""


class Consumer(Protocol):
    """One member of a group. The partitions of its topics are shared among the members.

    It belongs to one thread. `on_assigned` and `on_revoked` are called from inside `poll`, on that
    thread: a partition's `on_assigned` comes before its first record, and seeking there decides what
    that is. When `on_revoked` comes, the partition is gone or goes now, so finish and commit what
    `poll` returned before calling it again. On `close` there is no callback. What a callback raises
    comes out of `poll`, which has closed the consumer: nobody chose where to begin.
    """

    def poll(self, timeout_seconds: float) -> list[Delivery]:
        """Wait up to the timeout for records; return at once when there are any.

        Keep calling it: it is also what shows the group that we live. Raises ConsumerLost after
        any failure, having closed itself; Fenced when another member took our name.
        """

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Remember the next offset to read of these partitions, for whoever gets them after us.

        Raises ConsumerLost when one of them is no longer ours, BusUnavailable when it is not known
        to be kept.
        """

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """The next record comes from this offset or, where that is gone, the next one kept.

        Beyond the end means from the beginning: the log is not the one this offset came from.
        """

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver nothing of these until `resume`; they stay ours."""

    def resume(self, partitions: Iterable[TopicPartition]) -> None: ...

    def lag(self) -> dict[TopicPartition, int]:
        """How many offsets of each assigned partition `poll` has not returned yet; 0 means none.

        Where `dense_offsets` is False, offsets without a record may be counted for a moment.
        """

    def assignment(self) -> frozenset[TopicPartition]: ...

    def close(self) -> None:
        """May be called twice. Others take over at once or, where `instant_takeover` is False, when
        our session has timed out, so that a restart does not move partitions to and fro.
        """


class Admin(Protocol):
    """What an operator or `setup` does with topics."""

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Make the topics that are missing and set how the others are kept. May be repeated.

        Raises TopicsDiffer when one exists with another number of partitions.
        """

    def topic_configuration(self) -> dict[str, TopicSpec]:
        """The topics as they are. Where the bus cannot know `restricted`, it is False."""

    def maintain(self) -> None:
        """Compact and forget what the topics allow. A broker does this by itself."""

    def close(self) -> None:
        """May be called twice."""


class Bus(Protocol):
    """What `connect` returns. It makes the parts and closes those that are still open.

    Making a part takes at most `connect_timeout_seconds` and raises BusUnavailable when the bus
    cannot be reached. Make it after a fork, not before.
    """

    @property
    def features(self) -> Features: ...

    def publisher(self, name: str) -> Publisher: ...

    def consumer(
        self,
        group: str,
        topics: Sequence[str],
        member: str,
        on_assigned: PartitionsCallback | None = None,
        on_revoked: PartitionsCallback | None = None,
    ) -> Consumer:
        """`member` names this one for ever: it gets its partitions back after a restart."""

    def admin(self) -> Admin: ...

    def close(self) -> None:
        """May be called twice."""
