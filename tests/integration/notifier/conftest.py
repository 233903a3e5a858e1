"""A notifier on each store, with a mail server that keeps what it is given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.notifier.smtp_double import SmtpDouble, smtp_double
from tests.integration.notifier.world import World, world
from tests.servers.migrated import MigratedDatabases, MigratedFiles
from tests.servers.tls import Tls, tls_for_loopback

MakeWorld = Callable[..., World]


@pytest.fixture
def double() -> Iterator[SmtpDouble]:
    with smtp_double() as server:
        yield server


@pytest.fixture(scope="session")
def loopback_tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return tls_for_loopback(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(loopback_tls: Tls, monkeypatch: pytest.MonkeyPatch) -> Tls:
    """What a mail server that speaks TLS is given; we trust it for as long as the test runs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(loopback_tls.authority))
    return loopback_tls


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(
    request: pytest.FixtureRequest, migrated_files: MigratedFiles, tmp_path: Path
) -> str:
    """Both stores must behave the same."""
    if request.param == "sqlite":
        return migrated_files.copy("notifier", tmp_path)
    databases: MigratedDatabases = request.getfixturevalue("migrated_databases")
    return databases.copy("notifier")


@pytest.fixture
def make_world(tmp_path: Path, double: SmtpDouble, database_url: str) -> Iterator[MakeWorld]:
    with ExitStack() as stack:

        def make(**changes: object) -> World:
            opened = world(tmp_path, double, database_url=database_url, **changes)
            return stack.enter_context(opened)

        yield make


@pytest.fixture
def sqlite_world(
    tmp_path: Path, double: SmtpDouble, migrated_files: MigratedFiles
) -> Iterator[World]:
    migrated_files.copy("notifier", tmp_path)
    with world(tmp_path, double) as here:
        yield here
