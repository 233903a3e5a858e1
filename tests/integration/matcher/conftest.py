"""The matcher on both stores, without a bus: events are handed to its handlers one by one.

Migrations run once a session: SQLite tests copy the migrated file, PostgreSQL tests empty it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.matcher.store.learning import put_first_codes
from services.matcher.store.tables import METADATA
from services.matcher.wiring import MIGRATIONS
from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.matcher.world import World
from tests.servers.postgres import PostgresDatabases


def _migrated(url: str) -> Database:
    database = Database(url, service="matcher")
    migrate(database, MIGRATIONS)
    with database.write() as connection:
        put_first_codes(connection)
    return database


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("matcher") / "migrated.db"
    database = _migrated(f"sqlite:///{path}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres_server: PostgresDatabases) -> Iterator[Database]:
    name = "matcher_" + new_id().replace("-", "")
    database = _migrated(postgres_server.create_database(name))
    yield database
    database.close()


@pytest.fixture
def new_file(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(migrated_file, tmp_path / "matcher.db")
    database = Database(f"sqlite:///{tmp_path}/matcher.db", service="matcher")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database of the matcher."""
    if request.param == "sqlite":
        file: Database = request.getfixturevalue("new_file")
        return file
    server: Database = request.getfixturevalue("migrated_server")
    with server.write() as connection:
        for table in METADATA.sorted_tables:
            if table.name != "reason_codes":
                connection.execute(table.delete())
    return server


@pytest.fixture
def world(store: Database) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()
