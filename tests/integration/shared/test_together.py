"""Events taken in many at a time end as they do one by one, whatever is wrong with some of them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import MetaData, event, select

from shared.bus.records import Delivery, Record
from shared.clock import ManualClock
from shared.contracts.codec import encode
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.ids import new_id
from shared.messaging.applying import Applier, one_of
from shared.messaging.failures import Fate, Poison, Transient
from shared.messaging.parking import Parking
from shared.observability import metrics
from shared.storage import Database, Work, standard_tables
from tests.integration.shared.world import NOW, TABLES, TOPIC, World, count, mine, parked

FOR_EVER = float("inf")
SUBJECTS = ("a", "b", "c", "d")
CLOCK = ManualClock(NOW)


class Many:
    """Counts each event; refuses those of `wrong`. Remembers how many it was given at once."""

    def __init__(self, wrong: Sequence[str] = ()) -> None:
        self.wrong = set(wrong)
        self.sizes: list[int] = []

    def __call__(self, work: Work, events: Sequence[Event]) -> None:
        self.sizes.append(len(events))
        for one in events:
            if one.id in self.wrong:
                raise Poison("this one is wrong")
            count(work, one)

    def applier(self, *, together: bool = True) -> Applier:
        return Applier(
            {CONTACT_UNSUBSCRIBED: one_of(self)},
            Parking("group", CLOCK),
            source="/registry",
            clock=CLOCK,
            together={CONTACT_UNSUBSCRIBED: self} if together else None,
        )


def told(subject: str, sequence: int, offset: int, id_: str = "") -> Delivery:
    id_ = id_ or new_id()
    data = {"contact_id": subject, "member_id": "m", "choices": ["proposals"]}
    told_event = Event(
        id=id_, source="/notifier", type=CONTACT_UNSUBSCRIBED, subject=subject, time=NOW,
        sequence=sequence, correlation_id=id_, causation_id=None, data=data,
    )  # fmt: skip
    return Delivery(encode(told_event), 0, offset, NOW.timestamp())


def broken(subject: str, offset: int) -> Delivery:
    headers = (("ce_type", CONTACT_UNSUBSCRIBED.encode()),)
    return Delivery(Record(TOPIC, subject.encode(), b"\xff", headers), 0, offset, NOW.timestamp())


def id_of(delivery: Delivery) -> str:
    return dict(delivery.record.headers)["ce_id"].decode()


def a_database(folder: Path) -> Database:
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'x.db'}", service="registry")
    metadata = MetaData()
    standard_tables(metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    return database


def applied(database: Database, applier: Applier, deliveries: Sequence[Delivery]) -> list[Fate]:
    with database.write() as connection:
        return applier.apply_some(connection, deliveries, FOR_EVER)


def state(database: Database) -> dict[str, list[Any]]:
    inbox, parked_rows, counters = TABLES.inbox.c, TABLES.parked.c, TABLES.counters.c
    queries = {
        "inbox": select(inbox.topic, inbox.subject, inbox.sequence, inbox.event_id),
        "parked": select(
            parked_rows.key, parked_rows.offset, parked_rows.reason, parked_rows.event_type,
            parked_rows.state,
        ),
        "counters": select(counters.name, counters.value),
    }  # fmt: skip
    with database.read() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(query))
            for name, query in queries.items()
        }


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_hundred_cost_one_look_up_one_savepoint_and_one_note(database: Database) -> None:
    many = Many()
    deliveries = [told(f"s{n}", 1, n) for n in range(100)]
    with statements(database) as seen:
        assert applied(database, many.applier(), deliveries) == [Fate.HANDLED] * 100
    assert many.sizes == [100]
    assert sum("SAVEPOINT" in one and "RELEASE" not in one for one in seen) == 1
    assert sum("inbox" in one and one.startswith("SELECT") for one in seen) == 1
    assert sum("inbox" in one and one.startswith("INSERT") for one in seen) == 1
    assert len(state(database)["inbox"]) == 100


def test_what_was_seen_before_is_not_handed_over(database: Database) -> None:
    many = Many()
    applier = many.applier()
    first, second, third = told("a", 1, 0), told("a", 2, 1), told("a", 3, 3)
    assert applied(database, applier, [first, second]) == [Fate.HANDLED] * 2
    fates = applied(database, applier, [second, first, third, third, told("b", 1, 5)])
    assert fates == [Fate.DUPLICATE, Fate.DUPLICATE, Fate.HANDLED, Fate.DUPLICATE, Fate.HANDLED]
    assert many.sizes == [2, 2]
    assert applied(database, applier, [first, second]) == [Fate.DUPLICATE] * 2
    assert state(database)["counters"] == [("a", 3), ("b", 1)]


def test_one_that_is_wrong_is_parked_alone_with_what_follows_it(database: Database) -> None:
    deliveries = [told(s, n, offset) for offset, (s, n) in
                  enumerate([("a", 1), ("b", 1), ("c", 1), ("b", 2), ("a", 2)])]  # fmt: skip
    many = Many(wrong=[id_of(deliveries[1])])
    applier = many.applier()
    fates = applied(database, applier, deliveries)
    assert fates == [Fate.HANDLED, Fate.PARKED, Fate.HANDLED, Fate.BEHIND, Fate.HANDLED]
    found = state(database)
    assert [row[1] for row in found["parked"]] == [1, 3]
    assert found["counters"] == [("a", 2), ("c", 1)]
    # Its key stays blocked, and others are taken together again.
    more = [told("a", 3, 5), told("c", 2, 6), told("b", 3, 7), told("a", 4, 8)]
    many.sizes.clear()
    fates = applied(database, applier, more)
    assert fates == [Fate.HANDLED, Fate.HANDLED, Fate.BEHIND, Fate.HANDLED]
    assert many.sizes == [2, 1]


@pytest.mark.parametrize("seed", range(25))
def test_the_end_is_that_of_one_by_one(tmp_path: Path, seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - a test's choice, not a secret
    next_of = dict.fromkeys(SUBJECTS, 1)
    deliveries: list[Delivery] = []
    for offset in range(60):
        subject = draw.choice(SUBJECTS)
        if deliveries and draw.random() < 0.15:
            again = draw.choice(deliveries)
            deliveries.append(Delivery(again.record, 0, offset, again.timestamp))
        elif draw.random() < 0.03:
            deliveries.append(broken(subject, offset))
        else:
            next_of[subject] += draw.random() < 0.05  # a gap
            deliveries.append(told(subject, next_of[subject], offset))
            next_of[subject] += 1
    whole = [one for one in deliveries if one.record.value != b"\xff"]
    wrong = [id_of(one) for one in draw.sample(whole, draw.choice((0, 0, 1, 3)))]
    ends = []
    for together in (True, False):
        database, many = a_database(tmp_path / str(together)), Many(wrong)
        applier, fates, gaps = many.applier(together=together), [], _gaps()
        for start in range(0, len(deliveries), 20):
            fates += applied(database, applier, deliveries[start : start + 20])
        ends.append((fates, state(database), _gaps() - gaps))
        database.close()
    assert ends[0] == ends[1]


def _gaps() -> float:
    found: float = metrics.sequence_gaps.labels("registry", TOPIC)._value.get()
    return found


def test_what_is_transient_undoes_all_of_it(database: Database) -> None:
    def away(work: Work, events: Sequence[Event]) -> None:
        count(work, events[0])
        raise Transient("the neighbour is away")

    applier = Applier(
        {}, Parking("group", CLOCK), source="/registry", clock=CLOCK,
        together={CONTACT_UNSUBSCRIBED: away},
    )  # fmt: skip
    with pytest.raises(Transient):
        applied(database, applier, [told("a", 1, 0), told("b", 1, 1)])
    assert state(database) == {"inbox": [], "parked": [], "counters": []}


def test_one_by_one_it_stops_when_the_time_is_over(database: Database) -> None:
    deliveries = [told(f"s{n}", 1, n) for n in range(5)]
    many = Many(wrong=[id_of(deliveries[0])])
    with database.write() as connection:
        fates = many.applier().apply_some(connection, deliveries, time.monotonic() - 1)
    assert fates == [Fate.PARKED]


def test_through_the_bus_with_one_that_is_wrong(world: World) -> None:
    a, b, c = new_id(), new_id(), new_id()
    many = Many()

    def choosy(work: Work, events: Sequence[Event]) -> None:
        if any(one.subject == b for one in events):
            raise KeyError("surprise")
        many(work, events)

    relay = world.relay()
    runner = world.runner(one_of(choosy), together={CONTACT_UNSUBSCRIBED: choosy})
    world.write(a, 5)
    world.write(b, 2)
    world.write(c, 5)
    world.settle(relay, runner, until=lambda: mine(world, **{a: 5, c: 5}) and parked(world, b) == 2)
    assert mine(world, **{b: 0})
