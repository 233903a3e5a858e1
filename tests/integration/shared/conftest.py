from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from shared.bus.connect import connect
from shared.bus.records import TopicSpec
from shared.ids import new_id
from shared.messaging.balance import books
from shared.storage import Database, standard_tables
from tests.integration.shared.world import TOPIC, World


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


@pytest.fixture(
    params=[
        "small",
        pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres]),
    ]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "small":
        database = Database(f"sqlite:///{tmp_path / 'x.db'}", service="registry")
        bus = connect(f"embedded:///{tmp_path / 'bus.db'}")
    else:
        postgres = request.getfixturevalue("postgres_server")
        database = Database(postgres.create_database("m" + new_id().replace("-", "")), service="r")
        bus = connect(request.getfixturevalue("kafka_server").bus_url)
    metadata = MetaData()
    standard_tables(metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    admin = bus.admin()
    admin.ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
    admin.close()
    world = World(database, bus)
    yield world
    with database.read() as connection:
        both = books(connection)
    assert both["records"].difference == 0
    assert both["events"].difference == 0 or world.rows_by_hand
    for task in reversed(world.tasks):
        task.close()
    bus.close()
    database.close()
