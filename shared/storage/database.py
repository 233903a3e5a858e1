"""One service's database: consistent reads, serialised writes, errors named by what to do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared import failpoints, sqlite
from shared.observability import metrics
from shared.storage.errors import Busy, Conflict, DiskFull, StorageError, StorageUnavailable
from shared.storage.files import sqlite_file
from shared.storage.watch import Watch, watch

BUSY_TIMEOUT_MILLISECONDS = 10_000
_WRITE = "convene_write"
_RETRY_SECONDS = 0.002
_BUSY = ("locked", "deadlock", "lock timeout", "could not serialize", "busy")
_FULL = ("disk is full", "No space left on device")  # SQLite's words, PostgreSQL's words


class Database:
    """The engine of one service.

    `write()` takes the write lock at once (`BEGIN IMMEDIATE` on SQLite, where upgrading a read
    transaction would ignore the busy timeout) and writers of one process queue on a lock of ours,
    which is fairer than SQLite's own retrying. Nothing connects before the first use. What is
    stored never stands in the message of an error, because messages are logged.
    """

    def __init__(self, url: str, *, service: str) -> None:
        self.url = url.replace("{service}", service)
        self.service = service
        self.dialect = "postgresql" if self.url.startswith("postgresql") else "sqlite"
        self.engine: Engine = self._postgresql() if self.dialect == "postgresql" else self._sqlite()
        self._writing = threading.Lock()
        self._writers: set[int] = set()  # threads
        self._watches: dict[int, Watch] = {}  # of each thread its own, or one misses a wake-up

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return sqlite_file(self.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the database, however many statements look at it."""
        with _translated(self.service), self.engine.connect() as plain:
            snapshot = {"isolation_level": "REPEATABLE READ"}
            options = snapshot if self.dialect == "postgresql" else {}
            connection = plain.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        A second one inside it, in the same thread, is a mistake: on SQLite it would wait for the
        first, on PostgreSQL be committed without it.
        """
        thread = threading.get_ident()
        if thread in self._writers:
            raise RuntimeError(
                "write() inside write(): hand the open connection on instead of opening another"
            )
        self._writers.add(thread)
        try:
            with self._transaction() as connection:
                yield connection
        finally:
            self._writers.discard(thread)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        sqlite_here = self.dialect == "sqlite"
        turn = self._writing if sqlite_here else nullcontext()
        with turn, _translated(self.service), self.engine.connect() as plain:
            connection = plain.execution_options(**({_WRITE: True} if sqlite_here else {}))
            with connection.begin():
                yield connection
                failpoints.reach("storage.committing")
            failpoints.reach("storage.committed")

    def wait_for_change(self, timeout_seconds: float) -> bool:
        """Sleep until another connection has committed something, or the time is over."""
        thread = threading.get_ident()
        if thread not in self._watches:
            self._watches[thread] = watch(self.engine, self.dialect, self.path)
        return self._watches[thread].wait(timeout_seconds)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file. Only for the one process that holds a lease,
        where this SQLite cannot do it by itself without danger (see `shared.sqlite`).
        """
        if self.dialect == "sqlite":
            with self._writing, self.engine.connect() as connection:
                raw: Any = connection.connection
                failpoints.reach("storage.checkpointing")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                failpoints.reach("storage.checkpointed")

    def close(self) -> None:
        while self._watches:
            self._watches.popitem()[1].close()
        self.engine.dispose()

    def _sqlite(self) -> Engine:
        path = Path(make_url(self.url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            module=sqlite.module(),
            hide_parameters=True,
            pool_size=5,
            max_overflow=20,
            connect_args={"check_same_thread": False, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self) -> Engine:
        return create_engine(
            self.url,
            hide_parameters=True,
            pool_size=5,
            max_overflow=20,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                # A server that vanished without a word is noticed, and not waited for for ever.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": 20_000,
                "application_name": f"convene-{self.service}",
                "options": "-c lock_timeout=10000 -c timezone=UTC",
            },
        )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL loses what was acknowledged when the power goes
        "foreign_keys=ON",
        "secure_delete=ON",  # erased means gone from the file too
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    if not sqlite.checkpoints_are_safe():
        cursor.execute("PRAGMA wal_autocheckpoint=0")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITE):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """SQLite's own waiting looks ten times a second, and so never sees the moment between two
    transactions of a process that writes without a pause; look often, and for as long.
    """
    raw: Any = connection.connection
    deadline = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1000
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            else:
                return
            time.sleep(_RETRY_SECONDS)
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MILLISECONDS}")


@contextmanager
def _translated(service: str) -> Iterator[None]:
    """Database errors by their fate; the text of the statement stays out of messages."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        fate = _fate_of(error)
        if fate is None:
            raise
        if not isinstance(fate, Conflict):
            metrics.storage_faults.labels(service, type(fate).__name__).inc()
        raise fate from error


def _fate_of(error: DBAPIError | PoolTimeout) -> StorageError | None:
    """What the caller is told; None where no time and no other writer can be the reason."""
    if isinstance(error, PoolTimeout):
        return Busy("all connections to the database are in use")
    text = _said(error)
    if isinstance(error, IntegrityError):
        return Conflict(f"a stored row stands against this change: {text}")
    if any(words in text for words in _FULL):
        return DiskFull(f"the disk of the database is full: {text}")
    if isinstance(error, OperationalError):
        if any(word in text for word in _BUSY):
            return Busy(f"the database is locked: {text}")
        return StorageUnavailable(f"the database did not answer: {text}")
    if error.connection_invalidated:
        return StorageUnavailable(f"the connection was lost: {text}")
    return None


def _said(error: DBAPIError) -> str:
    """The database's words without the values: PostgreSQL's details quote the row."""
    diagnosis: Any = getattr(error.orig, "diag", None)
    return str((diagnosis and diagnosis.message_primary) or error.orig)
