"""The registry's API as its callers meet it: Flask's test client on a migrated SQLite file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registry.settings import RegistrySettings
from services.registry.wiring import build_web
from shared.clock import ManualClock
from shared.settings import load_settings
from tests.contract.http.registry.callers import Api
from tests.servers.migrated import migrated_file
from tests.small_size import small_size

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("registry-http"), "registry")


@pytest.fixture
def settings(empty_registry: Path, tmp_path: Path) -> RegistrySettings:
    (tmp_path / "registry.db").write_bytes(empty_registry.read_bytes())
    return load_settings(RegistrySettings, small_size(tmp_path))


@pytest.fixture
def api(settings: RegistrySettings) -> Iterator[Api]:
    clock = ManualClock(NOW)
    app = build_web(settings, clock=clock)
    yield Api(app, settings, clock)
    app.extensions["registry"].database.close()
