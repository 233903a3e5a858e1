"""Reading the embedded log as one member of a group."""

import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic

from shared.bus.bell import Bell
from shared.bus.embedded_file import LogFile, reachable
from shared.bus.embedded_group import Membership
from shared.bus.errors import BusUnavailable, Closed, ConsumerLost, Fenced
from shared.bus.port import PartitionsCallback
from shared.bus.records import Delivery, Record, TopicPartition
from shared.bus.settings import BusSettings

MAX_POLL_BYTES = 4 * 1_048_576
_LIVES_EVERY_SECONDS = 0.25
_HEADER = struct.Struct(">HI")

Row = tuple[int, int, bytes, bytes | None, bytes]


class EmbeddedConsumer:
    def __init__(
        self,
        file: LogFile,
        membership: Membership,
        settings: BusSettings,
        callbacks: tuple[PartitionsCallback | None, PartitionsCallback | None],
    ) -> None:
        self._file = file
        self._membership = membership
        self._settings = settings
        self._on_assigned, self._on_revoked = callbacks
        self._bell = Bell(file.sessions, _change_detector(file))
        self._next: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._turn = 0
        self._look_for_dead_at = 0.0
        self._gone: Exception | None = None

    def poll(self, timeout_seconds: float) -> list[Delivery]:
        self._check_usable()
        deadline = monotonic() + timeout_seconds
        while True:
            try:
                self._refresh_assignment()
                with reachable(self._file.path):
                    deliveries = self._fetch()
            except (BusUnavailable, Fenced) as error:
                self._lose(error)
                raise self._gone from error  # type: ignore[misc]
            left = deadline - monotonic()
            if deliveries or left <= 0:
                return deliveries
            if self._bell.wait(min(left, _LIVES_EVERY_SECONDS)):
                self._look_for_dead_at = 0.0

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        self._check_usable()
        try:
            strangers = self._membership.commit(positions)
        except Fenced as error:
            self._lose(error)
            raise
        if strangers:
            lost = ConsumerLost(f"Not ours any more: {sorted(strangers)}; build a new consumer.")
            self._lose(lost)
            raise lost

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._check_usable()
        self._check_assigned((partition,))
        self._next[partition] = offset

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._check_usable()
        self._paused |= self._check_assigned(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._check_usable()
        self._paused -= self._check_assigned(partitions)

    def lag(self) -> dict[TopicPartition, int]:
        self._check_usable()
        with reachable(self._file.path):
            ends = self._ends()
        return {
            partition: max(0, ends[log_id] - self._next[partition])
            for partition, log_id in self._membership.owned.items()
        }

    def assignment(self) -> frozenset[TopicPartition]:
        self._check_usable()
        return frozenset(self._membership.owned)

    @property
    def closed(self) -> bool:
        return self._gone is not None

    def close(self) -> None:
        if self._gone is None:
            self._lose(Closed("The consumer is closed; make a new one."))

    def _refresh_assignment(self) -> None:
        if monotonic() >= self._look_for_dead_at:
            self._membership.bury_dead()
            self._look_for_dead_at = monotonic() + _LIVES_EVERY_SECONDS
        revoked, assigned = self._membership.refresh()
        for partition in revoked:
            self._next.pop(partition, None)
        self._paused -= revoked
        for partition in assigned:
            self._next[partition] = self._membership.committed(self._membership.owned[partition])
        try:
            if revoked and self._on_revoked:
                self._on_revoked(revoked)
            if assigned and self._on_assigned:
                self._on_assigned(assigned)
        except Exception as error:
            self._lose(ConsumerLost(f"on_assigned or on_revoked failed: {error}"))
            raise

    def _fetch(self) -> list[Delivery]:
        """Records of the partitions in turn, so that a busy one does not starve the others."""
        ends = self._ends()
        found: list[Delivery] = []
        budget = MAX_POLL_BYTES
        for partition, log_id in self._in_turn():
            room = self._settings.max_poll_records - len(found)
            if room <= 0 or budget <= 0:
                break
            if self._next[partition] > ends[log_id]:
                self._next[partition] = 0  # the position is of another log: from the beginning
            if self._next[partition] < ends[log_id]:
                budget -= self._read(partition, log_id, ends[log_id], (room, budget), found)
        return found

    def _read(
        self,
        partition: TopicPartition,
        log_id: int,
        end: int,
        limits: tuple[int, int],
        found: list[Delivery],
    ) -> int:
        room, budget = limits
        taken, start = 0, len(found)
        rows = self._file.sql.execute(
            "SELECT offset, timestamp_ms, key, value, headers FROM records "
            "WHERE log_id = ? AND offset >= ? ORDER BY offset LIMIT ?",
            (log_id, self._next[partition], room),
        )
        for row in rows:
            found.append(_delivery(partition, row))
            self._next[partition] = row[0] + 1
            taken += len(row[3] or b"") + len(row[4])
            if taken >= budget:
                rows.close()
                break
        if len(found) == start:
            self._next[partition] = max(self._next[partition], end)  # all of it was compacted away
        return taken

    def _in_turn(self) -> list[tuple[TopicPartition, int]]:
        active = [each for each in self._membership.owned.items() if each[0] not in self._paused]
        self._turn += 1
        start = self._turn % len(active) if active else 0
        return active[start:] + active[:start]

    def _ends(self) -> dict[int, int]:
        return dict(self._file.sql.execute("SELECT id, next_offset FROM logs").fetchall())

    def _check_usable(self) -> None:
        if self._gone is not None:
            raise self._gone

    def _check_assigned(self, partitions: Iterable[TopicPartition]) -> set[TopicPartition]:
        chosen = set(partitions)
        strangers = chosen - set(self._membership.owned)
        if strangers:
            raise ValueError(f"Not assigned to this consumer: {sorted(strangers)}")
        return chosen

    def _lose(self, reason: Exception) -> None:
        known = isinstance(reason, Fenced | Closed | ConsumerLost)
        self._gone = reason if known else ConsumerLost(f"The consumer stopped: {reason}")
        self._bell.close()
        # The lock on our session is gone in any case, so the others notice.
        with suppress(BusUnavailable):
            self._membership.leave()
        with suppress(BusUnavailable):
            self._file.close()


def _change_detector(file: LogFile) -> Callable[[], bool]:
    seen = [file.data_version()]

    def changed() -> bool:
        before, seen[0] = seen[0], file.data_version()
        return seen[0] != before

    return changed


def pack_headers(headers: Iterable[tuple[str, bytes]]) -> bytes:
    parts = []
    for name, value in headers:
        encoded = name.encode()
        parts += [_HEADER.pack(len(encoded), len(value)), encoded, value]
    return b"".join(parts)


def unpack_headers(packed: bytes) -> tuple[tuple[str, bytes], ...]:
    headers = []
    start = 0
    while start < len(packed):
        name_length, value_length = _HEADER.unpack_from(packed, start)
        start += _HEADER.size
        name = packed[start : start + name_length].decode()
        start += name_length
        headers.append((name, packed[start : start + value_length]))
        start += value_length
    return tuple(headers)


def _delivery(partition: TopicPartition, row: Row) -> Delivery:
    offset, timestamp_ms, key, value, headers = row
    record = Record(partition.topic, key, value, unpack_headers(headers))
    return Delivery(record, partition.partition, offset, timestamp_ms / 1000)
