"""Who may do a job that only one process may do at a time.

A lease is held by being alive: a session advisory lock on PostgreSQL, a file lock beside the
database on SQLite. Neither looks at a clock, so a wrong clock cannot give it to two.
"""

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from shared.storage.database import Database


class Lease:
    """`acquire()` never waits; once held, it is held until `release()` or the process ends."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._file: int | None = None
        self._session: Connection | None = None

    def acquire(self) -> bool:
        if self._database.dialect == "postgresql":
            return self._acquire_advisory()
        return self._acquire_file()

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            session, self._session = self._session, None
            # The server hears of a closed connection when it gets round to it; said, it is at once.
            # Where the line to it broke there is nobody to tell, and SQLAlchemy says so in its own words.
            with suppress(SQLAlchemyError):
                session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self._key()})
            session.invalidate()
            session.close()

    def _acquire_file(self) -> bool:
        if self._file is not None:
            return True
        path = self._database.path or Path()
        folder = path.with_name(path.name + ".leases")
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / self._name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _acquire_advisory(self) -> bool:
        if self._session is not None:
            return self._still_held(self._session)
        session = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        statement = text("SELECT pg_try_advisory_lock(:key)")
        if session.execute(statement, {"key": self._key()}).scalar():
            self._session = session
            return True
        session.close()
        return False

    def _still_held(self, session: Connection) -> bool:
        """The lock ends with its session; a dropped connection means it may be someone else's."""
        try:
            session.execute(text("SELECT 1"))
        except DBAPIError:
            self.release()
            return False
        return True

    def _key(self) -> int:
        digest = hashlib.sha256(f"convene:{self._name}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)
