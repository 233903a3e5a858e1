"""A service's database, migrated once and copied for each test: migrating takes longer than most."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Table

from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.servers.postgres import PostgresDatabases


def migrated_file(folder: Path, service: str) -> Path:
    """A SQLite file of one piece, closed, that may be copied."""
    path = folder / f"{service}.db"
    database = _migrated(f"sqlite:///{path}", service)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


class MigratedFiles:
    """On SQLite; the first ones are in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._first = cache(lambda service: migrated_file(folder, service))

    def copy(self, service: str, folder: Path) -> str:
        """The URL of a migrated and empty one in the folder."""
        return f"sqlite:///{shutil.copy(self._first(service), folder)}"


class MigratedDatabases:
    """On PostgreSQL."""

    def __init__(self, server: PostgresDatabases) -> None:
        self._server = server
        self._first = cache(self._migrate)

    def copy(self, service: str) -> str:
        """The URL of a migrated and empty one."""
        return self._server.create_database(_name(service), like=self._first(service))

    def _migrate(self, service: str) -> str:
        name = _name(service)
        _migrated(self._server.create_database(name), service).close()
        return name


def _migrated(url: str, service: str) -> Database:
    database = Database(url, service=service)
    migrations: str = import_module(f"services.{service}.wiring").MIGRATIONS
    migrate(database, migrations)
    return database


def _name(service: str) -> str:
    return f"{service}_{new_id().replace('-', '')}"


def empty(connection: Connection, tables: Sequence[Table]) -> None:
    """Delete every row, last table first; those of the audit log too, which no service can."""
    with _audit_undefended(connection):
        for table in reversed(tables):
            connection.execute(table.delete())


@contextmanager
def _audit_undefended(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
        yield
        connection.exec_driver_sql("ALTER TABLE audit ENABLE TRIGGER USER")
        return
    refusals = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
    ).all()
    for name, _ in refusals:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in refusals:
        connection.exec_driver_sql(statement)
