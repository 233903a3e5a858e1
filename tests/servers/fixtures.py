"""The real servers as fixtures: one PostgreSQL per run, and a broker for each of its workers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.migrated import MigratedDatabases, MigratedFiles
from tests.servers.postgres import PostgresDatabases
from tests.servers.shared_server import SharedServer


@dataclass(frozen=True, slots=True)
class KafkaBroker:
    """A running broker, as a client sees it."""

    bootstrap_servers: str

    @property
    def bus_url(self) -> str:
        return f"kafka://{self.bootstrap_servers}"


def _run_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-gw") else base  # one run, several workers


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    # One for each worker of the run: topics and publishers have fixed names, and publishers of
    # one name fence each other.
    with SharedServer("kafka", tmp_path_factory.getbasetemp()) as info:
        yield KafkaBroker(info["bootstrap_servers"])


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabases]:
    with SharedServer("postgres", _run_folder(tmp_path_factory)) as info:
        yield PostgresDatabases(info["url"])


@pytest.fixture(scope="session")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> MigratedFiles:
    return MigratedFiles(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="session")
def migrated_databases(postgres_server: PostgresDatabases) -> MigratedDatabases:
    return MigratedDatabases(postgres_server)
