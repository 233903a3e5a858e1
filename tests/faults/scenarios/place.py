"""One service that writes and reads what it wrote, and the ways in which its parts fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, select

from shared.bus.connect import connect
from shared.bus.errors import BusUnavailable, ConsumerLost
from shared.bus.records import Delivery, Record, TopicSpec
from shared.clock import SystemClock
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.ids import new_id
from shared.messaging.balance import books
from shared.messaging.relay import Relay, outbox_depth
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.storage import Database, Work, standard_tables, unit_of_work, upsert
from tests.faults.history import (
    Applied,
    Asked,
    Balanced,
    History,
    Kept,
    Known,
    Recovered,
    Seen,
    Told,
)

TOPIC = "convene.preferences"
WHAT = "choice"
STEPS = 20
_METADATA = MetaData()
STANDARD = standard_tables(_METADATA)
_things = Table(
    "things",
    _METADATA,
    Column("id", String(200), primary_key=True),
    Column("version", Integer, nullable=False),
)
_applied = Table(
    "applied",
    _METADATA,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("id", String(200), nullable=False),
    Column("sequence", Integer, nullable=False),
)


class Killed(BaseException):
    """Stands for kill -9: no handler of ours may catch it."""


class Refused(Exception):
    """The change is refused after all its rows were written."""


@dataclass
class Place:
    """One service that writes, and reads what it wrote, on whichever store and bus."""

    database_url: str
    bus_url: str
    steps: int = STEPS
    history: History = field(default_factory=History)
    things: list[str] = field(default_factory=lambda: [new_id() for _ in range(4)])

    def __post_init__(self) -> None:
        self.service = f"s{new_id()}"  # publishers of one name fence each other
        self.database = Database(self.database_url, service="notifier")
        self.bus: Any = connect(self.bus_url)
        self.tasks: list[Task] = []
        self.changes = 0
        with self.database.write() as connection:
            _METADATA.create_all(connection)
        admin = self.bus.admin()
        admin.ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
        admin.close()

    def close(self) -> None:
        for task in reversed(self.tasks):
            task.close()
        self.bus.close()
        self.database.close()

    def write(self, thing: str, *, refused: bool = False) -> None:
        self.changes += 1
        change = str(self.changes)
        self.history.note(Asked(change, WHAT, thing))
        try:
            version = self._change(thing, refused=refused)
        except Refused:
            self.history.note(Told(change, 422))
        else:
            self.history.note(Told(change, 200, version))

    def _change(self, thing: str, *, refused: bool) -> int:
        with unit_of_work(self.database, source="/notifier", clock=SystemClock()) as work:
            query = select(_things.c.version).where(_things.c.id == thing)
            version = (work.connection.execute(query).scalar() or 0) + 1
            upsert(work.connection, _things, {"id": thing, "version": version}, key=("id",))
            data = {"contact_id": thing, "member_id": "m", "choices": ["proposals"]}
            work.publish(CONTACT_UNSUBSCRIBED, thing, data)
            if refused:
                raise Refused
        return version

    def relay(self, bus: Any = None) -> Relay:
        relay = Relay(self.database, bus or self.bus, self.service, SystemClock())
        self.tasks.append(relay)
        return relay

    def runner(self, handler: Callable[[Work, Event], None], bus: Any = None) -> Runner:
        runner = Runner(
            self.database,
            bus or self.bus,
            group=self.service,
            topics=[TOPIC],
            handlers={CONTACT_UNSUBSCRIBED: handler},
            source="/registry",
            clock=SystemClock(),
        )
        self.tasks.append(runner)
        return runner

    def run(self, *tasks: Task, until: Callable[[], bool]) -> None:
        """As long as it may take and no longer: whatever never happens is the checker's to find."""
        for _ in range(self.steps):
            for task in tasks:
                task.step(0.1)
            if until():
                return

    def sent(self) -> bool:
        return outbox_depth(self.database) == 0

    def all_known(self) -> bool:
        with self.database.read() as connection:
            kept = {row.id: row.version for row in connection.execute(select(_things))}
            last: dict[str, int] = {}
            for row in connection.execute(select(_applied).order_by(_applied.c.n)):
                last[row.id] = row.sequence
        return last == kept

    def note_recovery(self, who: str, *, done: bool) -> None:
        self.history.note(Recovered(who, 0.0 if done else None))

    def at_rest(self) -> None:
        """Note what is there, from the tables and from the bus itself."""
        with self.database.read() as connection:
            kept = connection.execute(select(_things)).all()
            applied = connection.execute(select(_applied).order_by(_applied.c.n)).all()
            both = books(connection)
        self.history.note(*(Kept(WHAT, row.id, row.version) for row in kept))
        self.history.note(*(Applied("reader", WHAT, row.id, row.sequence) for row in applied))
        newest = dict.fromkeys(self.things, 0) | {row.id: row.sequence for row in applied}
        self.history.note(*(Known("reader", WHAT, id_, n) for id_, n in newest.items()))
        self.history.note(*(Balanced("s", name, book.difference) for name, book in both.items()))
        self._read_the_bus()

    def _read_the_bus(self) -> None:
        consumer = self.bus.consumer(f"observer-{self.service}", [TOPIC], "1")
        quiet = 0
        while quiet < 3:  # a broker needs some polls to hand out partitions
            deliveries: Sequence[Delivery] = consumer.poll(0.2)
            quiet = 0 if deliveries or not consumer.assignment() else quiet + 1
            for delivery in deliveries:
                self._note_seen(delivery.record)
        consumer.close()

    def _note_seen(self, record: Record) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        if headers["ce_subject"] in self.things and headers.get("ce_id"):
            sequence = int(headers["ce_sequence"])
            self.history.note(Seen("bus", headers["ce_id"], WHAT, headers["ce_subject"], sequence))


def take(work: Work, event: Event) -> None:
    row = {"id": event.subject, "sequence": event.sequence}
    work.connection.execute(_applied.insert().values(**row))


class Dying:
    """A handler that dies in the middle of its third record."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self, work: Work, event: Event) -> None:
        take(work, event)
        self.taken += 1
        if self.taken == 3:
            raise Killed


class Failing:
    """The bus, whose first publisher and first consumer break for good when they are used."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.publishers = self.consumers = 0

    def publisher(self, name: str) -> Any:
        self.publishers += 1
        return _Broken() if self.publishers == 1 else self._bus.publisher(name)

    def consumer(self, *words: Any, **named: Any) -> Any:
        self.consumers += 1
        return _Broken() if self.consumers == 1 else self._bus.consumer(*words, **named)


class _Broken:
    def publish(self, _: Sequence[Record]) -> None:
        raise BusUnavailable("whatever is sent with this producer fails")

    def poll(self, _: float) -> list[Delivery]:
        raise ConsumerLost("the group has no such member any more")

    def assignment(self) -> frozenset[Any]:
        return frozenset()

    def close(self) -> None:
        pass


class Overtaken:
    """The bus of a relay during whose pause, as it takes the name, another one works."""

    def __init__(self, bus: Any, meanwhile: Callable[[], None]) -> None:
        self._bus, self._meanwhile = bus, meanwhile

    def publisher(self, name: str) -> Any:
        self._meanwhile()
        return self._bus.publisher(name)
