"""The real registry on a real database of either kind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registry.domain.rules import Rules
from services.registry.vault import Vault
from shared.clock import ManualClock
from shared.storage import Database
from tests.integration.registry.support import Registry
from tests.servers.migrated import MigratedDatabases, MigratedFiles

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(
    request: pytest.FixtureRequest, migrated_files: MigratedFiles, tmp_path: Path
) -> str:
    if request.param == "postgresql":
        databases: MigratedDatabases = request.getfixturevalue("migrated_databases")
        return databases.copy("registry")
    return migrated_files.copy("registry", tmp_path)


@pytest.fixture
def registry(database_url: str) -> Iterator[Registry]:
    database = Database(database_url, service="registry")
    yield Registry(database, Vault([b"v" * 32], b"d" * 32), Rules(), ManualClock(NOW))
    database.close()


Import = Callable[[str], object]
