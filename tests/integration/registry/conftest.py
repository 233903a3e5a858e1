"""The real registry on a real database of either kind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registry.domain.rules import Rules
from services.registry.vault import Vault
from services.registry.wiring import MIGRATIONS
from shared.clock import ManualClock
from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.registry.support import Registry
from tests.servers.migrated import migrated_file

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("registry"), "registry")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, empty_sqlite: Path, tmp_path: Path) -> str:
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = f"registry_{new_id().replace('-', '')[-12:]}"
        return str(server.create_database(name))
    path = tmp_path / "registry.db"
    path.write_bytes(empty_sqlite.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def registry(database_url: str) -> Iterator[Registry]:
    database = Database(database_url, service="registry")
    migrate(database, MIGRATIONS)
    yield Registry(database, Vault([b"v" * 32], b"d" * 32), Rules(), ManualClock(NOW))
    database.close()


Import = Callable[[str], object]
