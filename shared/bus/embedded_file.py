"""The file of the embedded log: its tables, its one writer at a time, and its bell.

Beside `bus.db` stands the folder `bus.db-sessions`: `writer` is locked by whoever writes, `bell` is
touched after every commit so that waiting consumers wake up, and each consumer holds a lock on a file of
its own for as long as it lives.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from shared import failpoints
from shared.bus.errors import BusUnavailable

SCHEMA_VERSION = 1
CHECKPOINT_PAGES = 2_000
_RETRY_SECONDS = 0.0005
_SCHEMA = """
CREATE TABLE topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL,
    retention_seconds REAL, restricted INTEGER NOT NULL);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0, compacted_to INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition));
CREATE TABLE records (
    id INTEGER PRIMARY KEY, log_id INTEGER NOT NULL, offset INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, headers BLOB NOT NULL);
CREATE UNIQUE INDEX records_by_offset ON records (log_id, offset);
CREATE TABLE names (name TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE members (
    group_name TEXT NOT NULL, member TEXT NOT NULL, session TEXT NOT NULL, topics TEXT NOT NULL,
    PRIMARY KEY (group_name, member));
CREATE TABLE shares (
    group_name TEXT NOT NULL, log_id INTEGER NOT NULL, target TEXT, owner TEXT,
    PRIMARY KEY (group_name, log_id));
CREATE TABLE positions (
    group_name TEXT NOT NULL, log_id INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, log_id));
"""


@contextmanager
def reachable(path: Path) -> Iterator[None]:
    """SQLite's and the disk's errors as ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise BusUnavailable(
            f"The log {path} cannot be used ({type(error).__name__}: {error}). Is the disk full, or "
            "the folder not ours to write?"
        ) from error


class LogFile:
    """One connection to the log, for one thread at a time.

    Writes and checkpoints of all processes take turns on one lock file, never two at the same
    instant. That keeps waiting short and fair, and it keeps SQLite before 3.51.3 out of its bug in
    which a checkpoint and a write that meet can damage the file.
    """

    def __init__(self, path: Path, timeout_seconds: float, *, durable: bool) -> None:
        self.path = path
        self.sessions = path.with_name(path.name + "-sessions")
        self._timeout_seconds = timeout_seconds
        with reachable(path):
            self.sessions.mkdir(parents=True, exist_ok=True)
            self._writer = os.open(self.sessions / "writer", os.O_RDWR | os.O_CREAT, 0o600)
            self._bell = os.open(self.sessions / "bell", os.O_RDWR | os.O_CREAT, 0o600)
            _make_private(path)
            self.sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare("FULL" if durable else "NORMAL")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; when it returns, the bell has rung."""
        with reachable(self.path), self._turn():
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield self.sql
                failpoints.reach("log.committing")
                self.sql.execute("COMMIT")
                failpoints.reach("log.committed")
            except BaseException:
                if self.sql.in_transaction:
                    self.sql.execute("ROLLBACK")
                raise
            self.ring()

    def ring(self) -> None:
        os.pwrite(self._bell, b"!", 0)

    def data_version(self) -> int:
        """Changes when another connection has written."""
        row = self.sql.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def is_long(self) -> bool:
        """Whether the write-ahead log has grown enough to be worth a checkpoint."""
        with reachable(self.path):
            wal = Path(f"{self.path}-wal")
            return wal.exists() and wal.stat().st_size > CHECKPOINT_PAGES * 4096

    def checkpoint_if_long(self) -> None:
        """Move the write-ahead log into the file once it has grown; readers are not disturbed."""
        if self.is_long():
            with reachable(self.path), self._turn():
                failpoints.reach("log.checkpointing")
                self.sql.execute("PRAGMA wal_checkpoint(PASSIVE)")
                failpoints.reach("log.checkpointed")

    def copy_to(self, target: Path) -> None:
        """The log as it is at this moment, in a file of its own; writers go on meanwhile."""
        with reachable(target), closing(sqlite3.connect(target, isolation_level=None)) as copy:
            self.sql.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # so that it is one file

    def replace_with(self, source: Path) -> None:
        """Become what a copy holds; whoever had a part of this log open must be gone."""
        given = sqlite3.connect(read_only(source), uri=True)
        with reachable(self.path), closing(given), self._turn():
            given.backup(self.sql)
        self.ring()

    def close(self) -> None:
        """The last connection to leave also checkpoints, hence the turn."""
        with reachable(self.path):
            with self._turn():
                self.sql.close()
            os.close(self._writer)
            os.close(self._bell)

    def _prepare(self, synchronous: str) -> None:
        with self._turn():
            self.sql.execute("PRAGMA busy_timeout = 5000")
            self.sql.execute("PRAGMA journal_mode = WAL")
            self.sql.execute(f"PRAGMA synchronous = {synchronous}")
            self.sql.execute("PRAGMA wal_autocheckpoint = 0")
            self.sql.execute("PRAGMA journal_size_limit = 67108864")
            version = int(self.sql.execute("PRAGMA user_version").fetchone()[0])
            if version == 0:
                failpoints.reach("log.making")
                self.sql.executescript(
                    f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
                )
                failpoints.reach("log.made")
            elif version != SCHEMA_VERSION:
                raise BusUnavailable(
                    f"The log {self.path} has format {version}, this program knows "
                    f"{SCHEMA_VERSION}: run the program that wrote it, or a newer one."
                )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            try:
                fcntl.flock(self._writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise BusUnavailable(
                        f"Another process has been writing {self.path} for more than "
                        f"{self._timeout_seconds} s; is one of them stopped?"
                    ) from None
                time.sleep(_RETRY_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(self._writer, fcntl.LOCK_UN)


def read_only(path: Path) -> str:
    """A SQLite address that cannot make or change the file."""
    return f"{path.resolve().as_uri()}?mode=ro"


def _make_private(path: Path) -> None:
    """Only ever make it: to open and close a file that SQLite has open drops SQLite's locks on it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
