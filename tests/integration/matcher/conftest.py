"""The matcher on both stores, without a bus: events are handed to its handlers one by one."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.matcher.store.learning import put_first_codes
from services.matcher.wiring import MIGRATIONS
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.matcher.world import World
from tests.servers.postgres import PostgresDatabases

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database of the matcher."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/matcher.db"
    else:
        server: PostgresDatabases = request.getfixturevalue("postgres_server")
        url = server.create_database(f"matcher_core_{next(_numbers)}")
    database = Database(url, service="matcher")
    migrate(database, MIGRATIONS)
    with database.write() as connection:
        put_first_codes(connection)
    yield database
    database.close()


@pytest.fixture
def world(store: Database) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()
