"""A service's database, migrated once and copied for each test: migrating takes longer than most."""

from importlib import import_module
from pathlib import Path

from shared.storage import Database
from shared.storage.migrations import migrate


def migrated_file(folder: Path, service: str) -> Path:
    """A SQLite file of one piece, closed, that may be copied."""
    path = folder / f"{service}.db"
    database = Database(f"sqlite:///{path}", service=service)
    migrations: str = import_module(f"services.{service}.wiring").MIGRATIONS
    migrate(database, migrations)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path
