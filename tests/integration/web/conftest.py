"""A bare application on a real database of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from shared.clock import ManualClock
from shared.settings import Settings
from shared.storage.database import Database
from shared.web.app import create_app
from tests.servers.postgres import PostgresDatabases


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2022, 12, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
def bare(tmp_path: Path, clock: ManualClock) -> Callable[..., Flask]:
    """An unfinished application; create_app's arguments by keyword."""

    def build(**arguments: Any) -> Flask:
        settings = Settings(keys_dir=tmp_path / "keys")
        return create_app("registry", settings=settings, clock=clock, **arguments)

    return build


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/registry.db"
    if request.param == "postgresql":
        server: PostgresDatabases = request.getfixturevalue("postgres_server")
        url = server.create_database(f"web_{uuid4().hex}")
    database = Database(url, service="registry")
    yield database
    database.close()
