"""Consuming from Kafka as one member of a group.

The client calls its rebalance listener on its own thread; we only take note there and call
`on_assigned` and `on_revoked` from `poll`. A new partition stays paused until `on_assigned` has
chosen where to begin. No deserialisers: an exception in one leaves the client spinning for ever.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NoReturn

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CommitFailedError, FencedInstanceIdError, KafkaError
from kafka.structs import MemberState, OffsetAndMetadata

from shared import failpoints
from shared.bus.errors import BusUnavailable, Closed, ConsumerLost, Fenced
from shared.bus.kafka_clients import build
from shared.bus.kafka_errors import describe, is_fencing
from shared.bus.port import PartitionsCallback
from shared.bus.records import MAX_RECORD_BYTES, Delivery, Record, TopicPartition
from shared.bus.settings import BusSettings

_SLICE_SECONDS = 0.1  # how long a changed assignment may wait for us
_JOIN_SECONDS = 1.0  # how much longer than asked a poll may take while the group changes


class _Changes(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what the group decided; runs on the client's own thread."""

    def __init__(self, hold: Callable[[Iterable[KafkaPartition]], None]) -> None:
        self._hold = hold
        self._lock = threading.Lock()
        self._noted: list[tuple[str, frozenset[TopicPartition]]] = []

    def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        self._note("revoked", revoked)

    def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        self._hold(assigned)
        self._note("assigned", assigned)

    def on_partitions_lost(self, lost: Iterable[KafkaPartition]) -> None:
        self._note("revoked", lost)

    def take(self) -> list[tuple[str, frozenset[TopicPartition]]]:
        with self._lock:
            noted, self._noted = self._noted, []
        return noted

    def _note(self, kind: str, partitions: Iterable[KafkaPartition]) -> None:
        ours = frozenset(TopicPartition(each.topic, each.partition) for each in partitions)
        if ours:
            with self._lock:
                self._noted.append((kind, ours))


class KafkaGroupMember:
    def __init__(
        self,
        connection: Mapping[str, Any],
        settings: BusSettings,
        identity: tuple[str, str],
        topics: Sequence[str],
        callbacks: tuple[PartitionsCallback | None, PartitionsCallback | None],
    ) -> None:
        self._group, self._member = identity
        self._on_assigned, self._on_revoked = callbacks
        self._settings = settings
        self._owned: set[TopicPartition] = set()
        self._paused: set[TopicPartition] = set()
        self._gone: Exception | None = None
        self._consumer = self._build(connection)
        self._changes = _Changes(lambda partitions: self._consumer.pause(*partitions))
        self._know_topics(topics)
        self._consumer.subscribe(topics=list(topics), listener=self._changes)

    def poll(self, timeout_seconds: float) -> list[Delivery]:
        self._check_usable()
        deadline = monotonic() + timeout_seconds
        while True:
            left = max(0.0, deadline - monotonic())
            batches = self._poll_client(min(left, _SLICE_SECONDS))
            self._tell_changes()
            if batches or monotonic() >= deadline:
                return [_delivery(each) for rows in batches.values() for each in rows]

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        self._check_usable()
        strangers = set(positions) - self._owned
        if strangers:
            self._lose(f"{sorted(strangers)} are not assigned to {self._member!r}", None)
        offsets = {
            KafkaPartition(*partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in positions.items()
        }
        failpoints.reach("kafka.acknowledging")
        try:
            self._consumer.commit(offsets, timeout_ms=self._settings.request_timeout_seconds * 1000)
        except KafkaError as error:
            if is_fencing(error) or isinstance(error, CommitFailedError):
                self._lose("the group has moved on", error)
            raise BusUnavailable(f"Kafka did not keep the positions ({describe(error)})") from error
        failpoints.reach("kafka.acknowledged")

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._check_usable()
        self._check_assigned((partition,))
        if offset < 0:
            raise ValueError(f"No position is below 0: {offset} for {partition}")
        self._if_still_ours((partition,), lambda each: self._consumer.seek(each, offset))

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._check_usable()
        chosen = self._check_assigned(partitions)
        self._paused |= chosen
        self._if_still_ours(chosen, self._consumer.pause)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._check_usable()
        chosen = self._check_assigned(partitions)
        self._paused -= chosen
        self._if_still_ours(chosen, self._consumer.resume)

    def lag(self) -> dict[TopicPartition, int]:
        self._check_usable()
        timeout_ms = self._settings.request_timeout_seconds * 1000
        partitions = [KafkaPartition(*each) for each in self._owned]
        try:
            ends = self._consumer.end_offsets(partitions, timeout_ms=timeout_ms)
            return {
                TopicPartition(*each): max(
                    0, end - (self._consumer.position(each, timeout_ms) or 0)
                )
                for each, end in ends.items()
            }
        except KafkaError as error:
            raise BusUnavailable(f"Kafka did not tell the lag ({describe(error)})") from error

    def assignment(self) -> frozenset[TopicPartition]:
        self._check_usable()
        return frozenset(self._owned)

    @property
    def closed(self) -> bool:
        return self._gone is not None

    def close(self) -> None:
        if self._gone is None:
            self._gone = Closed(f"The consumer {self._member!r} is closed; make a new one.")
            self._close_client()

    def _poll_client(self, timeout_seconds: float) -> dict[Any, list[Any]]:
        timeout_seconds = self._go_on_joining(timeout_seconds)
        try:
            batches: dict[Any, list[Any]] = self._consumer.poll(timeout_ms=timeout_seconds * 1000)
        except Exception as error:  # noqa: BLE001 - after any of them the client is not to be trusted
            self._lose(describe(error), error)
        if self._was_fenced_silently():
            self._lose("its name was taken", FencedInstanceIdError())
        return batches

    def _go_on_joining(self, timeout_seconds: float) -> float:
        """Joining gets more time than the caller gave, because a join that outlasts a poll goes wrong.

        If it was the topics that changed, the client no longer sees a reason to join, never reads the
        answer and sends no heartbeat, so remind it; otherwise it begins the join all over again.
        """
        coordinator = self._consumer._coordinator  # noqa: SLF001
        if coordinator._join_task is not None and not coordinator.need_rejoin():  # noqa: SLF001
            coordinator.request_rejoin()
        return max(timeout_seconds, _JOIN_SECONDS) if coordinator.need_rejoin() else timeout_seconds

    def _was_fenced_silently(self) -> bool:
        """The heartbeat learns that our name was taken, and only stops; `poll` would spin for ever."""
        coordinator = self._consumer._coordinator  # noqa: SLF001
        with coordinator._lock:  # noqa: SLF001
            return bool(
                coordinator.state is MemberState.STABLE
                and not coordinator.rejoining
                and not coordinator._heartbeat_enabled  # noqa: SLF001
            )

    def _tell_changes(self) -> None:
        """What is paused by us until `on_assigned` has spoken cannot have been delivered yet."""
        noted = self._changes.take()
        try:
            self._tell(noted)
        except Exception as error:
            # Nobody chose where to begin, so these would stay paused: this consumer is no use.
            self._gone = ConsumerLost(f"on_assigned or on_revoked failed: {describe(error)}")
            self._close_client()
            raise

    def _tell(self, noted: Iterable[tuple[str, frozenset[TopicPartition]]]) -> None:
        for kind, partitions in noted:
            if kind == "revoked":
                self._owned -= partitions
                self._paused -= partitions
                if self._on_revoked:
                    self._on_revoked(partitions)
                continue
            self._owned |= partitions
            if self._on_assigned:
                self._on_assigned(partitions)
            self._if_still_ours(partitions - self._paused, self._consumer.resume)

    def _if_still_ours(
        self, partitions: Iterable[TopicPartition], act: Callable[[KafkaPartition], None]
    ) -> None:
        """The client's own thread gives partitions up at any moment, before we were told of it.

        Nothing of such a partition is read any more, and `on_assigned` chooses anew if it returns.
        """
        for partition in partitions:
            with suppress(KeyError, ValueError):  # what the client raises for one that is gone
                act(KafkaPartition(*partition))

    def _build(self, connection: Mapping[str, Any]) -> Any:
        session_ms = int(self._settings.session_timeout_seconds * 1000)
        return build(
            KafkaConsumer,
            connection,
            group_id=self._group,
            group_instance_id=self._member,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            isolation_level="read_committed",
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=max(100, session_ms // 5),
            max_poll_interval_ms=60_000,
            max_poll_records=self._settings.max_poll_records,
            max_partition_fetch_bytes=2 * MAX_RECORD_BYTES,
            request_timeout_ms=30_000,
            reconnect_backoff_max_ms=1_000,
            metadata_max_age_ms=5_000,  # so that a topic made later is found soon
            metrics_enabled=False,
        )

    def _know_topics(self, topics: Sequence[str]) -> None:
        """A member that joins before it knows the topics hands out nothing and has to join again."""
        try:
            for topic in topics:
                self._consumer.partitions_for_topic(topic)
        except KafkaError as error:
            self._close_client()
            raise BusUnavailable(f"Kafka did not tell its topics ({describe(error)})") from error

    def _check_usable(self) -> None:
        if self._gone is not None:
            raise self._gone

    def _check_assigned(self, partitions: Iterable[TopicPartition]) -> set[TopicPartition]:
        chosen = set(partitions)
        if not chosen <= self._owned:
            raise ValueError(f"Not assigned to {self._member!r}: {sorted(chosen - self._owned)}")
        return chosen

    def _lose(self, reason: str, cause: Exception | None) -> NoReturn:
        if cause is not None and is_fencing(cause):
            self._gone = Fenced(f"Another consumer has taken the name {self._member!r}; stop.")
        else:
            self._gone = ConsumerLost(f"The consumer {self._member!r} stopped: {reason}.")
        self._close_client()
        raise self._gone from cause

    def _close_client(self) -> None:
        try:
            self._consumer.close(autocommit=False, timeout_ms=2_000)
        except KafkaError:
            return  # it is given up either way, and the group notices by itself


def _delivery(row: Any) -> Delivery:
    return Delivery(
        record=Record(row.topic, row.key or b"", row.value, tuple(row.headers)),
        partition=row.partition,
        offset=row.offset,
        timestamp=row.timestamp / 1000,
    )
