"""Writes, relays and consumes in processes that are killed at random, then once in peace.

Run by test_crashes.py. It imports everything once and forks, so that a life costs milliseconds;
it connects to nothing itself. It prints how often it killed whom.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, func, select

from shared.bus.connect import connect
from shared.bus.settings import BusSettings
from shared.clock import SystemClock
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_BOUNCED, CONTACT_UNSUBSCRIBED
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.storage import Busy, Database, Work, standard_tables, unit_of_work

SOURCE = "/notifier"
TOPIC = "convene.preferences"
metadata = MetaData()
tables = standard_tables(metadata)
effects = Table(
    "effects",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("sequence", Integer, nullable=False),
)


def take_effect(work: Work, event: Event) -> None:
    """One row, and for some an event of its own, which nobody handles."""
    row = {"event_id": event.id, "subject": event.subject, "sequence": event.sequence}
    work.connection.execute(effects.insert().values(**row))
    if event.sequence % 5 == 0:
        data = {"contact_id": event.subject, "member_id": "m", "code": "mailbox_unknown"}
        work.publish(CONTACT_BOUNCED, event.subject, data)


def write(plan: dict[str, Any], database: Database) -> None:
    """Tell of every event only after its commit, as a web process answers its client."""
    told = os.open(plan["told"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        try:
            made = write_once(plan, database)
        except Busy:  # a deadlock with a consumer's batch: whoever is refused tries again
            continue
        os.write(told, "".join(f"{event.id}\n" for event in made).encode())
        time.sleep(plan["pause_seconds"])


def write_once(plan: dict[str, Any], database: Database) -> list[Event]:
    with unit_of_work(database, source=SOURCE, clock=SystemClock()) as work:
        return [
            work.publish(
                CONTACT_UNSUBSCRIBED,
                subject,
                {"contact_id": subject, "member_id": "m", "choices": ["proposals"]},
            )
            for subject in random.sample(plan["subjects"], 2)
        ]


def carry(plan: dict[str, Any], database: Database, member: str) -> None:
    bus = connect(plan["bus_url"], BusSettings(session_timeout_seconds=6.0))
    task: Task
    if member:
        task = Runner(
            database,
            bus,
            group=plan["group"],
            topics=[TOPIC],
            handlers={CONTACT_UNSUBSCRIBED: take_effect},
            source=SOURCE,
            clock=SystemClock(),
            member=member,
        )
    else:
        task = Relay(database, bus, plan["group"], SystemClock())
    while True:
        task.step(0.2)


def role(plan: dict[str, Any], name: str) -> None:
    database = Database(plan["database_url"], service="notifier")
    if name == "write":
        write(plan, database)
    carry(plan, database, name.removeprefix("relay"))


def written_events(database: Database) -> dict[str, str]:
    """Id and subject of every event whose effect we want."""
    with database.read() as connection:
        rows = connection.execute(select(tables.outbox)).all()
    found = {}
    for row in rows:
        headers = dict(row.headers)
        if headers["ce_type"] == CONTACT_UNSUBSCRIBED:
            found[str(row.event_id)] = str(headers["ce_subject"])
    return found


def taken_effects(database: Database, subjects: Sequence[str]) -> list[Any]:
    """In the order in which they were taken; a shared broker carries other tests' events too."""
    with database.read() as connection:
        query = select(effects).where(effects.c.subject.in_(subjects)).order_by(effects.c.n)
        return list(connection.execute(query))


def live(plan: dict[str, Any], name: str) -> int:
    child = os.fork()
    if child:
        return child
    try:
        random.seed()
        role(plan, name)
    except BaseException as error:  # noqa: BLE001 - a fork must never go on as its parent
        sys.stderr.write(f"{name} failed: {type(error).__name__}: {error}\n")
    os._exit(1)


def end(child: int) -> int:
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def hold_still(child: int) -> None:
    """As a machine that swaps, or a virtual one that is moved: then it goes on, none the wiser."""
    os.kill(child, signal.SIGSTOP)
    time.sleep(random.uniform(0.05, 0.5))  # noqa: S311
    os.kill(child, signal.SIGCONT)


def strike(
    plan: dict[str, Any], name: str, child: int, living: dict[str, tuple[int, float]]
) -> str:
    """Kill it, or hold it still and let it live on; what it came to."""
    if random.random() < plan["paused_share"]:  # noqa: S311
        hold_still(child)
        living[name] = (child, time.monotonic() + lives_on(plan))
        return "paused"
    return name if os.WIFSIGNALED(end(child)) else f"{name} failed"


def lives_on(plan: dict[str, Any]) -> float:
    return random.uniform(*plan["lives_seconds"])  # noqa: S311


def kill_at_random(plan: dict[str, Any], roles: list[str]) -> Counter[str]:
    """Each role lives for a random moment, again and again; at once and beside each other.

    It goes on until enough was told and everyone was killed often enough, so that a busy machine
    tests the same and only takes longer.
    """
    began = time.monotonic()
    killed: Counter[str] = Counter()
    living: dict[str, tuple[int, float]] = {}

    def enough() -> bool:
        seconds = time.monotonic() - began
        if seconds < plan["seconds"]:
            return False
        often = all(killed[name] >= plan["kills"] for name in roles)
        so_far = often and told_so_far(plan) >= plan["events"]
        return so_far or seconds >= float(plan["at_most_seconds"])

    while not enough():
        for name in roles:
            if name not in living:
                living[name] = (live(plan, name), time.monotonic() + lives_on(plan))
            child, dies_at = living[name]
            if time.monotonic() >= dies_at:
                del living[name]
                killed[strike(plan, name, child, living)] += 1
        time.sleep(0.002)
    for child, _ in living.values():
        end(child)
    return killed


def told_so_far(plan: dict[str, Any]) -> int:
    path = Path(plan["told"])
    return path.read_bytes().count(b"\n") if path.exists() else 0


def settled(database: Database) -> bool:
    with database.read() as connection:
        waiting = select(func.count()).where(tables.outbox.c.published_at.is_(None))
        if connection.scalar(waiting):
            return False
        # Not by the count of records read: what was published twice is read twice.
        inbox, sequences = tables.inbox, tables.sequences
        same = (inbox.c.topic == sequences.c.topic) & (inbox.c.subject == sequences.c.subject)
        behind = inbox.c.sequence.is_(None) | (inbox.c.sequence < sequences.c.last)
        joined = sequences.join(inbox, same, isouter=True)
        return connection.scalar(select(func.count()).select_from(joined).where(behind)) == 0


def in_peace(plan: dict[str, Any], roles: list[str], done: Callable[[Database], bool]) -> bool:
    children = [live(plan, name) for name in roles]
    database = Database(plan["database_url"], service="notifier")
    until = time.monotonic() + plan["peace_seconds"]
    quiet = 0
    try:
        while time.monotonic() < until and quiet < 3:
            quiet = quiet + 1 if done(database) else 0
            time.sleep(0.1)
    finally:
        for child in children:
            end(child)
        database.close()
    return quiet >= 3


def main() -> None:
    plan = json.loads(sys.argv[1])
    random.seed(plan["seed"])
    members = plan["members"]
    killed = kill_at_random(plan, ["write", "relay", *members])
    came_to_rest = in_peace(plan, ["relay", *members], settled)
    sys.stdout.write(json.dumps({"killed": killed, "settled": came_to_rest}) + "\n")


if __name__ == "__main__":
    main()
