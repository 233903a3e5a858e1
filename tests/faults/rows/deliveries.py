"""A recorded log delivered many times, shuffled, from any offset, with poison in it: the matcher then
knows what it knows after one delivery in order, to the byte.
"""

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, func, select

from services.matcher.projection import HANDLERS, TOGETHER
from services.matcher.store import tables as t
from shared.bus.records import Delivery, Record
from shared.clock import SystemClock
from shared.contracts.codec import encode
from shared.contracts.envelope import Event
from shared.messaging.applying import Applier
from shared.messaging.failures import Fate
from shared.messaging.parking import Parking
from shared.storage import Database
from tests.faults.rows.reached import Reached
from tests.integration.matcher.world import World

BATCH = 100
POISON_SHARE = 0.01
_CHANGES = ("changed", "paused", "resumed", "confirmed", "changed", "closed")
_COMPARED = (t.members, t.conflicts, t.capabilities, t.needs)


class _Recorder(World):
    """Tells as the registry would, to a log."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.log: list[Record] = []

    def handle(self, event: Event) -> None:
        self.log.append(encode(event))


def recorded_log(database: Database, seed: int, listings: int) -> list[Record]:
    """Members, capabilities and needs in up to seven versions each, some erased in the end."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    recorder = _Recorder(database)
    for number in range(max(2, listings // 5)):
        recorder.member(f"m{number}", sector=chance.choice(["business", "charity", "health"]))
    members = list(recorder.states)
    tell: dict[str, Callable[..., None]] = {
        "need": recorder.need,
        "capability": recorder.capability,
    }
    ids = [(kind, f"{kind}-{number}") for number in range(listings) for kind in tell]
    for kind, id_ in ids:
        tell[kind](id_, member_id=chance.choice(members))
    for _ in range(listings * 5):
        kind, id_ = chance.choice(ids)
        title = f"Early reading {chance.randrange(1_000)}"
        tell[kind](id_, f"{kind}.{chance.choice(_CHANGES)}", title=title)
    for kind, id_ in chance.sample(ids, listings // 5):
        recorder.tell(f"{kind}.erased", id_, None)
    recorder.close()
    return recorder.log


def deliveries(once: Database, often: Database, *, seed: int, listings: int, times: int) -> Reached:
    """`once` and `often` are migrated and empty; afterwards they must be alike."""
    log = recorded_log(once, seed, listings)
    chance = random.Random(seed + 1)  # noqa: S311 - repeatable on purpose
    _deliver(once, log)
    bad = [_poison(number) for number in range(max(1, int(len(log) * times * POISON_SHARE)))]
    shuffled = _shuffled(log, times, bad, chance)
    shuffled += log[chance.randrange(len(log)) :]  # and once more from some offset
    began = time.monotonic()
    fates = _deliver(often, shuffled)
    seconds = time.monotonic() - began
    reached = Reached()
    reached.numbers = {
        "deliveries": len(shuffled),
        "deliveries per second": round(len(shuffled) / seconds, 1),
        "poisoned": len(bad),
        "parked with a reason": _parked(often),
        "seen before": fates.count(Fate.DUPLICATE),
    }
    reached.differences = _differences(known(once), known(often))
    if _parked(often) != len(bad):
        reached.differences.append(f"{len(bad)} were poisoned and {_parked(often)} are parked")
    return reached


def _shuffled(
    log: Sequence[Record], times: int, bad: Sequence[Record], chance: random.Random
) -> list[Record]:
    """As a bus may deliver: keys in any order among each other, and of one key the first time in
    order (that is what a partition is), with what came before again and again in between.
    """
    by_key: dict[bytes, list[Record]] = defaultdict(list)
    for record in log:
        by_key[record.key].append(record)
    turns = {key: _turns(records, times, chance) for key, records in by_key.items()}
    turns |= {record.key: iter([record]) for record in bad}
    order = [record.key for record in [*(list(log) * times), *bad]]
    chance.shuffle(order)
    return [next(turns[key]) for key in order]


def _turns(records: Sequence[Record], times: int, chance: random.Random) -> Iterator[Record]:
    new = {0, *chance.sample(range(1, len(records) * times), len(records) - 1)}
    told = 0
    for turn in range(len(records) * times):
        told += turn in new
        yield records[told - 1] if turn in new else chance.choice(records[:told])


def _poison(number: int) -> Record:
    headers = (("ce_type", b"org.convene.need.published.v1"), ("ce_id", b"\xff"))
    return Record("convene.needs", f"poisoned-{number}".encode(), b"{", headers)


def _deliver(database: Database, records: Sequence[Record]) -> list[Fate]:
    clock = SystemClock()
    applier = Applier(
        HANDLERS, Parking("matcher", clock), source="/matcher", clock=clock, together=TOGETHER
    )
    fates: list[Fate] = []
    while len(fates) < len(records):
        batch = records[len(fates) : len(fates) + BATCH]
        with database.write() as connection:
            places = [
                Delivery(record, 0, len(fates) + number, 0.0) for number, record in enumerate(batch)
            ]
            fates += applier.apply_some(connection, places, time.monotonic() + 60.0)
    return fates


def known(database: Database) -> dict[str, bytes]:
    """What the matcher knows, row by row; change numbers and times of arrival aside."""
    found: dict[str, bytes] = {}
    with database.read() as connection:
        for table in _COMPARED:
            columns = [column for column in table.c if column.name not in ("change", "event_id")]
            for row in connection.execute(select(*columns)):
                found[f"{table.name} {_key(table, row)}"] = _bytes(row._mapping)
        inbox = t.STANDARD.inbox
        numbers = select(inbox.c.topic, inbox.c.subject, inbox.c.sequence)
        for row in connection.execute(numbers):
            found[f"inbox {row.topic} {row.subject}"] = _bytes(row._mapping)
    return found


def _key(table: Table, row: Any) -> str:
    return " ".join(str(row._mapping[column.name]) for column in table.primary_key)


def _bytes(row: Any) -> bytes:
    return json.dumps(dict(row), sort_keys=True, default=str).encode()


def _differences(once: dict[str, bytes], often: dict[str, bytes]) -> list[str]:
    return [
        f"{name}: {once.get(name)!r} once, {often.get(name)!r} often"
        for name in sorted(once.keys() | often.keys())
        if once.get(name) != often.get(name)
    ]


def _parked(database: Database) -> int:
    parked = t.STANDARD.parked
    with database.read() as connection:
        query = select(func.count()).select_from(parked).where(parked.c.reason != "")
        return int(connection.execute(query).scalar_one())
