from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from shared.ids import new_id
from shared.storage import Database, standard_tables


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the standard tables, on each store."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'service.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database("t" + new_id().replace("-", ""))
    database = Database(url, service="registry")
    metadata = MetaData()
    standard_tables(metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    yield database
    database.close()
