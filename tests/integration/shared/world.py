"""A service's loops on a bus and a database, and what the tests of them look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData, select

from shared.bus.port import Bus
from shared.bus.records import Record
from shared.clock import ManualClock
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.ids import new_id
from shared.messaging import parking
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.storage import Database, Work, standard_tables, unit_of_work, upsert

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
TOPIC = "convene.preferences"
TABLES = standard_tables(MetaData())


@dataclass
class World:
    database: Database
    bus: Bus
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    group: str = field(default_factory=new_id)
    tasks: list[Task] = field(default_factory=list)
    rows_by_hand: bool = False

    def runner(self, handler: Callable[[Work, Event], None], **options: Any) -> Runner:
        runner = Runner(
            self.database,
            self.bus,
            group=self.group,
            topics=[TOPIC],
            handlers={CONTACT_UNSUBSCRIBED: handler},
            source="/registry",
            clock=self.clock,
            **options,
        )
        self.tasks.append(runner)
        return runner

    def relay(self) -> Relay:
        relay = Relay(self.database, self.bus, "notifier", self.clock)
        self.tasks.append(relay)
        return relay

    def write(self, subject: str, times: int = 1) -> None:
        data = {"contact_id": subject, "member_id": "m", "choices": ["proposals"]}
        with unit_of_work(self.database, source="/notifier", clock=self.clock) as work:
            for _ in range(times):
                work.publish(CONTACT_UNSUBSCRIBED, subject, data)

    def publish_raw(self, key: str, value: bytes) -> None:
        publisher = self.bus.publisher("raw")
        headers = (("ce_type", CONTACT_UNSUBSCRIBED.encode()),)
        publisher.publish([Record(TOPIC, key.encode(), value, headers)])
        publisher.close()

    def settle(self, *tasks: Task, until: Callable[[], bool]) -> None:
        """Step until the condition holds; a broker needs some polls to hand out partitions."""
        for _ in range(150):
            for task in tasks:
                task.step(0.1)
            if until():
                return
        raise AssertionError("the condition never held")


def count(work: Work, event: Event) -> None:
    """A handler whose effect is a row: how often each contact was heard of."""
    name = event.subject
    query = select(TABLES.counters.c.value).where(TABLES.counters.c.name == name)
    value = (work.connection.execute(query).scalar() or 0) + 1
    upsert(work.connection, TABLES.counters, {"name": name, "value": value}, key=("name",))


def counted(world: World) -> Mapping[str, int]:
    with world.database.read() as connection:
        return {row.name: row.value for row in connection.execute(select(TABLES.counters))}


def mine(world: World, **expected: int) -> bool:
    seen = counted(world)
    return all(seen.get(name, 0) == value for name, value in expected.items())


def parked(world: World, *keys: str) -> int:
    """How many are parked of these keys; a broker's topic carries what other tests left there."""
    with world.database.read() as connection:
        rows = parking.list_parked(connection)
    return sum(bytes(row.key).decode() in keys for row in rows)
