"""The console on a real database: SQLite, and PostgreSQL for whatever asks the database much."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from services.matcher import wiring
from services.matcher.console.accounts import passwords
from services.matcher.domain.matches import Match
from services.matcher.store.learning import put_first_codes
from shared.storage import Database
from tests.integration.matcher.world import World, rules_model
from tests.integration.matcher_console.desk import Office
from tests.servers.migrated import MigratedDatabases, MigratedFiles


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap password hashes, and one model for all: neither is what these tests are about."""
    monkeypatch.setattr(
        passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    monkeypatch.setattr(wiring, "load_model", lambda **_: rules_model())


@pytest.fixture
def world(
    request: pytest.FixtureRequest, migrated_files: MigratedFiles, tmp_path: Path
) -> Iterator[World]:
    """On SQLite, or where a test asks so (`both_stores`) on PostgreSQL."""
    if getattr(request, "param", "sqlite") == "postgresql":
        databases: MigratedDatabases = request.getfixturevalue("migrated_databases")
        url = databases.copy("matcher")
    else:
        url = migrated_files.copy("matcher", tmp_path)
    database = Database(url, service="matcher")
    with database.write() as connection:
        put_first_codes(connection)
    made = World(database, database_url=url, keys_dir=tmp_path / "keys", semantic=False)
    yield made
    made.close()
    database.close()


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    made = Office(world)
    yield made
    made.close()


@pytest.fixture
def proposal(world: World) -> Match:
    """Essex County Council and the BBC, as the matcher proposed them."""
    world.story()
    world.propose()
    [match] = world.all()
    return match
