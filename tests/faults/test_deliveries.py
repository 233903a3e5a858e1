"""A log delivered six times over, shuffled, with poison: the matcher knows what it knows after one
delivery in order, and every poisoned record is parked. On each store.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.matcher.wiring import MIGRATIONS
from shared.ids import new_id
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.faults.rows.deliveries import deliveries
from tests.servers.migrated import migrated_file

SEED = 20261205


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_matcher(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], Database]]:
    """Makes migrated, empty databases of a matcher."""
    opened: list[Database] = []

    def make(name: str) -> Database:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/{name}.db"
            if not opened:
                migrated_file(tmp_path, "matcher")
            shutil.copy(tmp_path / "matcher.db", tmp_path / f"{name}.db")
        else:
            server = request.getfixturevalue("postgres_server")
            url = server.create_database(f"{name}_{new_id().replace('-', '')}")
        opened.append(Database(url, service="matcher"))
        migrate(opened[-1], MIGRATIONS)
        return opened[-1]

    yield make
    for database in opened:
        database.close()


def test_however_often_and_in_whatever_order(new_matcher: Callable[[str], Database]) -> None:
    reached = deliveries(new_matcher("once"), new_matcher("often"), seed=SEED, listings=30, times=6)
    assert reached.wrong == [], f"seed {SEED}"
    assert reached.numbers["deliveries"] > 1_000, reached.numbers
    assert reached.numbers["parked with a reason"] >= 10, reached.numbers
