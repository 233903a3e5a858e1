"""The worker's own tasks on a real embedded log: take in, propose, publish; and the rebuild."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.matcher.rebuild import WorkerRuns, rebuild_projection
from services.matcher.settings import MatcherSettings
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_where
from services.matcher.wiring import build_tasks, open_bus, open_database, setup
from shared.bus.port import Bus
from shared.clock import ManualClock
from shared.contracts import topics
from shared.contracts.codec import decode, encode
from shared.contracts.envelope import Event
from shared.ids import new_id
from shared.messaging.balance import Balance
from shared.messaging.tasks import Task, pump
from shared.storage import Database, Lease
from tests.integration.matcher.world import START, World
from tests.servers.postgres import PostgresDatabases


class Publishing(World):
    """The registry and the notifier, as far as the bus knows them."""

    bus: Bus
    publisher: Any = None

    def handle(self, event: Event) -> None:
        if self.publisher is None:
            self.publisher = self.bus.publisher("tests")
        self.publisher.publish([encode(event)])


BOTH_STORES = pytest.mark.parametrize(
    "settings",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> MatcherSettings:
    """On SQLite, unless a test asks for both stores."""
    database_url = f"sqlite:///{tmp_path}/{{service}}.db"
    if getattr(request, "param", "sqlite") == "postgresql":
        server: PostgresDatabases = request.getfixturevalue("postgres_server")
        database_url = server.create_database("worker_" + new_id().replace("-", ""))
    return MatcherSettings(
        environment="test",
        bus_url=f"embedded:///{tmp_path}/bus.db",
        database_url=database_url,
        keys_dir=tmp_path / "keys",
        semantic=False,
    )


@pytest.fixture
def bus(settings: MatcherSettings) -> Iterator[Bus]:
    setup(settings)
    opened = open_bus(settings)
    yield opened
    opened.close()


@pytest.fixture
def database(settings: MatcherSettings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    opened.close()


@pytest.fixture
def world(bus: Bus, database: Database) -> Iterator[Publishing]:
    made = Publishing(database)
    made.bus = bus
    yield made
    made.close()


@pytest.fixture
def tasks(settings: MatcherSettings, bus: Bus, world: Publishing) -> Iterator[list[Task]]:
    made = build_tasks(settings, clock=world.clock, bus=bus)
    yield made
    end(made)


def end(tasks: list[Any]) -> None:
    for task in reversed(tasks):
        task.close()
    tasks[0]._database.close()  # the one they share


def settle(tasks: list[Task]) -> None:
    for _ in range(3):  # an embedded consumer learns of its partitions at its first steps
        for task in tasks:
            task.step(0.05)
    pump(tasks)


def published(bus: Bus) -> list[Event]:
    consumer = bus.consumer("reader", [topics.MATCHES], "1")
    found: list[Event] = []
    for _ in range(20):
        found += [decode(delivery.record) for delivery in consumer.poll(0.1)]
    consumer.close()
    return found


def knowledge(database: Database) -> dict[str, list[Any]]:
    """The projection without its change numbers, which count how often it was written."""
    found = {}
    with database.read() as connection:
        for table in (t.members, t.conflicts, t.capabilities, t.needs):
            columns = [c for c in table.c if c.name != "change"]
            rows = connection.execute(select(*columns))
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def test_a_published_need_becomes_a_published_proposal(
    world: Publishing, tasks: list[Task], bus: Bus, database: Database
) -> None:
    world.story()
    settle(tasks)
    (event,) = published(bus)
    assert event.type == "org.convene.match.proposed.v1"
    assert event.data is not None
    assert event.data["need_id"] == "reading"
    with database.read() as connection:
        need_event = connection.scalar(select(t.needs.c.event_id))
    assert event.causation_id == need_event
    assert event.correlation_id == event.subject
    assert Balance(database, "matcher").report() == 0


@BOTH_STORES
def test_a_rebuild_ends_in_the_same_state_and_says_nothing(
    world: Publishing,
    tasks: list[Task],
    bus: Bus,
    database: Database,
    settings: MatcherSettings,
) -> None:
    world.story()
    world.tell(
        "conflict.declared", "bbc", {"member_id": "bbc", "conflicts": [{"sector": "housing"}]}
    )
    world.need("gone")
    world.tell("need.erased", "gone", None)
    settle(tasks)
    before = knowledge(database)
    with database.read() as connection:
        matches = matches_where(connection)
        sent = connection.execute(select(t.STANDARD.outbox.c.event_id)).all()
    end(tasks)
    world.need("later")  # told while nobody works, and so left to the next worker
    rebuild_projection(database, bus, ManualClock(START))
    assert [row for row in knowledge(database)["needs"] if row[4] is not None] == [
        row for row in before["needs"] if row[4] is not None
    ]
    for name in ("members", "conflicts", "capabilities"):
        assert knowledge(database)[name] == before[name]
    with database.read() as connection:
        assert matches_where(connection) == matches
        assert connection.execute(select(t.STANDARD.outbox.c.event_id)).all() == sent
    world.propose()
    with database.read() as connection:
        assert matches_where(connection) == matches
    again = build_tasks(settings, clock=world.clock, bus=bus)
    settle(again)
    end(again)
    now_known = {row[0] for row in knowledge(database)["needs"]}
    assert now_known == {row[0] for row in before["needs"]} | {"later"}


def test_a_rebuild_beside_a_running_worker_is_refused(
    database: Database, bus: Bus, settings: MatcherSettings
) -> None:
    lease = Lease(database, "timers")
    assert lease.acquire()
    with pytest.raises(WorkerRuns):
        rebuild_projection(database, bus, ManualClock(START))
    lease.release()
