"""Whether a process uses a database: asked before it is replaced or copied away."""

from typing import Any

from sqlalchemy import text

from shared import sqlite
from shared.storage.database import Database
from shared.storage.errors import StorageError

_SESSIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND application_name LIKE 'convene-%'"
)


class InUse(StorageError):
    """A process of the service is connected: stop its web process and worker first."""


def check_unused(database: Database) -> None:
    """Raises InUse where another process (or another `Database` of this one) is connected.

    Call it before anything else of this process reads the database.
    """
    database.close()  # our own connections would be taken for another's
    used = _sqlite_used(database) if database.dialect == "sqlite" else _postgresql_used(database)
    if used:
        raise InUse(
            f"the database of the {database.service} is in use: stop its web process and worker"
        )


def _postgresql_used(database: Database) -> bool:
    try:
        with database.read() as connection:
            return bool(connection.execute(_SESSIONS).scalar_one())
    finally:
        database.close()


def _sqlite_used(database: Database) -> bool:
    """Every connection of a write-ahead log holds a lock that leaving this mode must wait for."""
    if database.path is None or not database.path.exists():
        return False
    module: Any = sqlite.module()
    connection = module.connect(str(database.path), isolation_level=None, timeout=0)
    try:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        connection.execute("PRAGMA journal_mode=WAL")
    except module.OperationalError as error:
        if "locked" not in str(error):
            raise
        return True
    finally:
        connection.close()
    return str(mode) != "delete"
