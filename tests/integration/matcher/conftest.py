"""The matcher on both stores, without a bus: events are handed to its handlers one by one.

Migrations run once a session: SQLite tests copy the migrated file, PostgreSQL tests empty it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.matcher.settings import MatcherSettings
from services.matcher.store.learning import put_first_codes
from services.matcher.store.tables import METADATA
from services.matcher.wiring import build_web
from shared.settings import keys
from shared.storage import Database
from shared.web.tokens import ServiceTokens
from tests.integration.matcher.world import World
from tests.servers.migrated import MigratedDatabases, MigratedFiles, empty

Call = Callable[..., TestResponse]


@pytest.fixture(scope="session")
def migrated_server(migrated_databases: MigratedDatabases) -> Iterator[Database]:
    database = Database(migrated_databases.copy("matcher"), service="matcher")
    yield database
    database.close()


@pytest.fixture
def new_file(migrated_files: MigratedFiles, tmp_path: Path) -> Iterator[Database]:
    database = Database(migrated_files.copy("matcher", tmp_path), service="matcher")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database of the matcher."""
    name = "new_file" if request.param == "sqlite" else "migrated_server"
    database: Database = request.getfixturevalue(name)
    with database.write() as connection:
        empty(connection, METADATA.sorted_tables)
        put_first_codes(connection)
    return database


@pytest.fixture
def world(store: Database) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()


@pytest.fixture
def web(world: World, store: Database, tmp_path: Path) -> Iterator[Flask]:
    settings = MatcherSettings(
        environment="test",
        database_url=store.url,
        keys_dir=tmp_path / "keys",
        semantic=False,
    )
    app = build_web(settings, clock=world.clock)
    world.tokens = ServiceTokens(keys.signing_keys(settings, "service"), world.clock)
    yield app
    app.extensions["convene_database"].close()


@pytest.fixture
def call(web: Flask, world: World) -> Call:
    client: FlaskClient = web.test_client()

    def call(method: str, path: str, *, by: str = "c1", **given: Any) -> TestResponse:
        service = by if by.startswith("service:") else "operator"
        token = world.tokens.issue(
            service.removeprefix("service:"),
            "matcher",
            acting_for=None if by.startswith("service:") else by,
        )
        headers = {"Authorization": f"Bearer {token}", **given.pop("headers", {})}
        return client.open(path, method=method, headers=headers, **given)

    return call
