"""Waking up when another process has committed, without asking the tables all the time.

SQLite: `PRAGMA data_version` changes when another connection commits, and costs microseconds.
PostgreSQL: LISTEN on one channel; `notify` is called in every transaction that fills the outbox.
"""

import time
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

CHANNEL = "convene_outbox"
POLL_SECONDS = 0.005


class Watch(Protocol):
    def wait(self, timeout_seconds: float) -> bool: ...

    def close(self) -> None: ...


def watch(engine: Engine, dialect: str, path: Path | None) -> Watch:
    if dialect == "postgresql":
        return _PostgresWatch(engine)
    if path is None:
        raise ValueError("a SQLite database needs a file to be watched; give sqlite:///path")
    return _SqliteWatch(engine)


def notify(connection: Connection) -> None:
    """Wake whoever waits, once this transaction commits."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


class _SqliteWatch:
    def __init__(self, engine: Engine) -> None:
        self._connection: Any = engine.raw_connection()
        self._version = self._read()

    def _read(self) -> int:
        cursor = self._connection.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()

    def wait(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while True:
            version = self._read()
            if version != self._version:
                self._version = version
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        self._connection.close()


class _PostgresWatch:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None

    def wait(self, timeout_seconds: float) -> bool:
        try:
            if self._connection is None:
                self._connection = self._listen()
            for _ in self._connection.notifies(timeout=timeout_seconds, stop_after=1):
                return True
        except (DBAPIError, OSError):
            self.close()
            time.sleep(min(timeout_seconds, 1.0))
        except Exception as error:  # the driver's own errors carry no common base of ours
            if type(error).__module__.split(".")[0] != "psycopg":
                raise
            self.close()
            time.sleep(min(timeout_seconds, 1.0))
        return False

    def _listen(self) -> Any:
        fairy = self._engine.raw_connection()
        connection = fairy.driver_connection
        fairy.detach()
        if connection is None:
            raise OSError("no connection to listen on")
        connection.rollback()
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
