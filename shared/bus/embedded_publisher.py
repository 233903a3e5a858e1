"""Writing the embedded log: one transaction at a time, shared by all who wait for it (group commit).

There is no writer thread. Whoever comes first writes for everybody waiting; who comes meanwhile waits for
the next round. Alone, a publisher pays for one fsync; a hundred at once pay for it together.
"""

import sqlite3
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress

from shared.bus.embedded_consumer import pack_headers
from shared.bus.embedded_file import LogFile
from shared.bus.errors import (
    BusError,
    BusUnavailable,
    Closed,
    Fenced,
    PublishRefused,
    RecordTooLarge,
)
from shared.bus.partitioning import partition_for
from shared.bus.records import MAX_RECORD_BYTES, Record, record_size_bytes
from shared.bus.settings import BusSettings


class _Job:
    """The records of one call, and what became of them."""

    __slots__ = ("done", "error", "name", "number", "records")

    def __init__(self, name: str, number: int, records: Sequence[Record]) -> None:
        self.name = name
        self.number = number
        self.records = records
        self.done = False
        self.error: BaseException | None = None


class GroupWriter:
    """The one writer of a process; all its publishers share it."""

    def __init__(self, file: LogFile, settings: BusSettings) -> None:
        self._file = file
        self._settings = settings
        self._waiting: deque[_Job] = deque()
        self._round = threading.Condition()
        self._writing = False
        self._logs: dict[str, list[int]] = {}  # topic: id of the log of each partition

    def take_name(self, name: str) -> int:
        """A number higher than any before it under this name."""
        with self._exclusive(), self._file.writing() as sql:
            row = sql.execute(
                "INSERT INTO names (name, number) VALUES (?, 1) "
                "ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number",
                (name,),
            ).fetchone()
        return int(row[0])

    def write(self, name: str, number: int, records: Sequence[Record]) -> None:
        job = _Job(name, number, records)
        with self._round:
            self._waiting.append(job)
            while self._writing and not job.done:
                self._round.wait()
            if not job.done:
                self._writing = True
        if not job.done:
            self._write_round()
        if job.error is not None:
            raise job.error

    def close(self) -> None:
        with self._exclusive():
            self._file.close()

    def _exclusive(self) -> "_Exclusive":
        return _Exclusive(self)

    def _write_round(self) -> None:
        jobs = self._take_waiting()
        try:
            with self._file.writing() as sql:
                good = [job for job in jobs if self._accept(sql, job)]
                self._append(sql, [record for job in good for record in job.records])
        except BaseException as error:
            for job in jobs:
                job.error = job.error or error
            raise
        finally:
            with self._round:
                for job in jobs:
                    job.done = True
                self._writing = False
                self._round.notify_all()
        self._tidy()

    def _tidy(self) -> None:
        """After the others have been let go. What was published is durable whether it works or not."""
        with suppress(BusUnavailable):
            if self._file.is_long():
                with self._exclusive():
                    self._file.checkpoint_if_long()

    def _take_waiting(self) -> list[_Job]:
        with self._round:
            jobs = list(self._waiting)
            self._waiting.clear()
        return jobs

    def _accept(self, sql: sqlite3.Connection, job: _Job) -> bool:
        """Whether this job may be written; if not, only it fails, not the whole round."""
        try:
            row = sql.execute("SELECT number FROM names WHERE name = ?", (job.name,)).fetchone()
            if row is None or int(row[0]) != job.number:
                raise Fenced(f"Another publisher has taken the name {job.name!r}; stop this one.")
            for record in job.records:
                self._logs_of(sql, record)
        except BusError as error:
            job.error = error
            return False
        return True

    def _logs_of(self, sql: sqlite3.Connection, record: Record) -> list[int]:
        known = self._logs.get(record.topic)
        if known is None:
            rows = sql.execute(
                "SELECT id FROM logs WHERE topic = ? ORDER BY partition", (record.topic,)
            )
            known = [log_id for (log_id,) in rows]
            if not known:
                raise PublishRefused(
                    f"There is no topic {record.topic}; make it first (`setup`).",
                    topic=record.topic,
                    key=record.key,
                )
            self._logs[record.topic] = known
        return known

    def _append(self, sql: sqlite3.Connection, records: Iterable[Record]) -> None:
        by_log: dict[int, list[Record]] = defaultdict(list)
        for record in records:
            logs = self._logs[record.topic]
            by_log[logs[partition_for(record.key, len(logs))]].append(record)
        now_ms = int(self._settings.now() * 1000)
        for log_id, rows in by_log.items():
            (end,) = sql.execute(
                "UPDATE logs SET next_offset = next_offset + ? WHERE id = ? RETURNING next_offset",
                (len(rows), log_id),
            ).fetchone()
            start = int(end) - len(rows)
            sql.executemany(
                "INSERT INTO records (log_id, offset, timestamp_ms, key, value, headers) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (log_id, offset, now_ms, each.key, each.value, pack_headers(each.headers))
                    for offset, each in enumerate(rows, start)
                ],
            )


class _Exclusive:
    """The writer's connection, between two rounds."""

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        writer = self._writer
        with writer._round:  # noqa: SLF001
            while writer._writing:  # noqa: SLF001
                writer._round.wait()  # noqa: SLF001
            writer._writing = True  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        writer = self._writer
        with writer._round:  # noqa: SLF001
            writer._writing = False  # noqa: SLF001
            writer._round.notify_all()  # noqa: SLF001


class EmbeddedPublisher:
    def __init__(self, writer: GroupWriter, name: str) -> None:
        self._writer = writer
        self._name = name
        self._number = writer.take_name(name)
        self._closed = False

    def publish(self, records: Sequence[Record]) -> None:
        if self._closed:
            raise Closed(f"The publisher {self._name!r} is closed; make a new one.")
        for record in records:
            size = record_size_bytes(record)
            if size > MAX_RECORD_BYTES:
                raise RecordTooLarge(
                    size_bytes=size,
                    limit_bytes=MAX_RECORD_BYTES,
                    topic=record.topic,
                    key=record.key,
                )
        if records:
            self._writer.write(self._name, self._number, records)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
