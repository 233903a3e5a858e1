"""The line to PostgreSQL breaks, dawdles or lies: a change is made whole or not at all, the error says
that it is worth another try, and that try succeeds.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.engine import make_url

from shared.bus.connect import connect
from shared.bus.records import TopicSpec
from shared.ids import new_id
from shared.messaging.failures import is_transient
from shared.storage import Database, StorageUnavailable, standard_tables
from tests.integration.shared.world import TOPIC, World, count, mine
from tests.servers.postgres import PostgresDatabases
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.postgres


@pytest.fixture
def server_url(postgres_server: PostgresDatabases) -> str:
    return postgres_server.create_database("l" + new_id().replace("-", ""))


@pytest.fixture
def proxy(server_url: str) -> Iterator[Proxy]:
    url = make_url(server_url)
    with Proxy((url.host or "", url.port or 0)) as between:
        yield between


@pytest.fixture
def database(server_url: str, proxy: Proxy) -> Iterator[Database]:
    url = make_url(server_url).set(host="127.0.0.1", port=proxy.port)
    database = Database(url.render_as_string(hide_password=False), service="x")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    yield database
    database.close()


@pytest.fixture
def world_behind(database: Database, tmp_path: Path) -> Iterator[World]:
    """Relay and consumer on the embedded log, their database behind the proxy."""
    bus = connect(f"embedded:///{tmp_path / 'bus.db'}")
    metadata = MetaData()
    standard_tables(metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    bus.admin().ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
    world = World(database, bus)
    yield world
    for task in reversed(world.tasks):
        task.close()
    bus.close()


def add(connection: Connection) -> None:
    connection.execute(text("INSERT INTO t VALUES (1)"))


def rows(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM t")).scalar_one())


def test_dropped_in_the_middle_nothing_of_it_is_kept(database: Database, proxy: Proxy) -> None:
    def dropped() -> None:
        with database.write() as connection:
            add(connection)
            proxy.drop()
            add(connection)

    with pytest.raises(StorageUnavailable) as refusal:
        dropped()
    assert is_transient(refusal.value)
    assert rows(database) == 0
    with database.write() as connection:
        add(connection)
    assert rows(database) == 1


def test_dropped_before_the_commit_arrives_nothing_of_it_is_kept(
    database: Database, proxy: Proxy
) -> None:
    def dropped() -> None:
        with database.write() as connection:
            add(connection)
            proxy.drop()

    with pytest.raises(StorageUnavailable):
        dropped()
    assert rows(database) == 0


def test_a_connection_that_was_dropped_while_it_rested_is_not_noticed(
    database: Database, proxy: Proxy
) -> None:
    for _ in range(3):
        proxy.drop()
        with database.write() as connection:
            add(connection)
    assert rows(database) == 3


def test_a_slow_line_is_only_slow(database: Database, proxy: Proxy) -> None:
    proxy.delay(0.05)
    with database.write() as connection:
        add(connection)
    assert rows(database) == 1


def test_a_relay_and_a_consumer_outlive_a_line_that_breaks_again_and_again(
    world_behind: World, proxy: Proxy
) -> None:
    world = world_behind
    relay, runner = world.relay(), world.runner(count)
    for number in range(1, 6):
        world.write("c1", times=2)
        relay.step(0.0)
        proxy.drop()
        world.settle(relay, runner, until=lambda expected=number * 2: mine(world, c1=expected))  # type: ignore[misc]
        proxy.drop()
