"""A notifier on each store, with a mail server that keeps what it is given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.ids import new_id
from tests.integration.notifier.smtp_double import SmtpDouble, smtp_double
from tests.integration.notifier.world import World, world
from tests.servers.postgres import PostgresDatabases

MakeWorld = Callable[..., World]


@pytest.fixture
def double() -> Iterator[SmtpDouble]:
    with smtp_double() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite in the test's folder; both stores must behave the same."""
    if request.param == "sqlite":
        return ""
    server: PostgresDatabases = request.getfixturevalue("postgres_server")
    return server.create_database(f"notifier_{new_id().replace('-', '')}")


@pytest.fixture
def make_world(tmp_path: Path, double: SmtpDouble, database_url: str) -> Iterator[MakeWorld]:
    with ExitStack() as stack:

        def make(**changes: object) -> World:
            opened = world(tmp_path, double, database_url=database_url, **changes)
            return stack.enter_context(opened)

        yield make


@pytest.fixture
def sqlite_world(tmp_path: Path, double: SmtpDouble) -> Iterator[World]:
    with world(tmp_path, double) as here:
        yield here
