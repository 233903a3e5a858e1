"""One life after another, each killed at a failpoint, and a last one that comes to rest.

Run by test_failpoints.py, as crash_process.py is by its test: it imports everything once and forks.
A life sets up, writes, relays, consumes, has a record parked and releases it. It prints the scripts
whose place was never reached.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, select

from shared import failpoints
from shared.bus import embedded_file
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.bus.records import TopicSpec
from shared.bus.settings import BusSettings
from shared.clock import SystemClock
from shared.contracts.envelope import Event
from shared.contracts.types import CONTACT_UNSUBSCRIBED
from shared.messaging import parking
from shared.messaging.commands import parked_command
from shared.messaging.failures import Poison
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.tasks import Task
from shared.storage import Database, Work, unit_of_work
from tests.integration.shared.crash_process import (
    SOURCE,
    TOPIC,
    metadata,
    settled,
    take_effect,
    write_once,
)

BAD = "bad-"
ROUNDS_OF_REST = 3


def life(plan: dict[str, Any], number: int) -> None:
    """Everything a service does with its messages, until nothing is left to do."""
    database = Database(plan["database_url"], service="notifier")
    bus = connect(plan["bus_url"], BusSettings(session_timeout_seconds=6.0))
    make_ready(database, bus)
    write(plan, database, number)
    clock = SystemClock()
    relay = Relay(database, bus, plan["group"], clock)
    runner = Runner(
        database,
        bus,
        group=plan["group"],
        topics=[TOPIC],
        handlers={CONTACT_UNSUBSCRIBED: lambda work, event: handle(plan, work, event)},
        source=SOURCE,
        clock=clock,
    )
    work_until_rest(plan, database, [relay, runner])


def make_ready(database: Database, bus: Bus) -> None:
    with database.write() as connection:
        metadata.create_all(connection)
    admin = bus.admin()
    admin.ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
    admin.close()


def write(plan: dict[str, Any], database: Database, number: int) -> None:
    """Tell of every event only after its commit, as a web process answers its client."""
    told = os.open(plan["told"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    made = write_once(plan, database)
    os.write(told, "".join(f"{event.id}\n" for event in made).encode())
    subject = f"{BAD}{plan['group']}-{number}"
    with unit_of_work(database, source=SOURCE, clock=SystemClock()) as work:
        data = {"contact_id": subject, "member_id": "m", "choices": ["proposals"]}
        event = work.publish(CONTACT_UNSUBSCRIBED, subject, data)
    os.write(told, f"{event.id}\n".encode())
    os.close(told)


def handle(plan: dict[str, Any], work: Work, event: Event) -> None:
    """Some cannot be handled until somebody has mended the cause."""
    if event.subject.startswith(BAD) and not mended(plan, event.subject).exists():
        raise Poison("not mended yet")
    take_effect(work, event)


def mended(plan: dict[str, Any], subject: str) -> Path:
    return Path(plan["folder"]) / subject


def work_until_rest(plan: dict[str, Any], database: Database, tasks: list[Task]) -> None:
    quiet = 0
    while quiet < ROUNDS_OF_REST:
        for task in tasks:
            task.step(0.02)
        release_parked(plan, database)
        database.checkpoint()
        quiet = quiet + 1 if settled(database) and not waiting(plan, database) else 0


def release_parked(plan: dict[str, Any], database: Database) -> None:
    """What an operator does: mend the cause, then `parked release`, which takes all of its key."""
    while found := waiting(plan, database, states=(parking.OPEN,)):
        row_id, subject = found[0]
        mended(plan, subject).touch()
        release = parked_command("notifier", lambda: database).commands["release"]
        with click.Context(release) as context:
            context.invoke(release, record_id=row_id)


def waiting(
    plan: dict[str, Any],
    database: Database,
    states: tuple[str, ...] = (parking.OPEN, parking.RELEASED),
) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [pair for state in states for pair in parked_of(plan, connection, state)]


def parked_of(plan: dict[str, Any], connection: Connection, state: str) -> list[tuple[str, str]]:
    table = parking._table
    rows = connection.execute(select(table.c.id, table.c.key).where(table.c.state == state))
    pairs = [(row.id, bytes(row.key).decode(errors="replace")) for row in rows]
    return [pair for pair in pairs if plan["group"] in pair[1]]


def live(plan: dict[str, Any], number: int, script: str | None) -> int:
    """Fork, live, and return how it ended, as `waitpid` says it."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(plan["at_most_seconds"])
            embedded_file.CHECKPOINT_PAGES = 1  # so that a life comes to a checkpoint
            failpoints.arm(script)
            life(plan, number)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a fork must never go on as its parent
            sys.stderr.write(f"{script} failed: {type(error).__name__}: {error}\n")
        os._exit(1)
    return os.waitpid(child, 0)[1]


def main() -> None:
    plan = json.loads(sys.argv[1])
    wrong = {}
    for number, script in enumerate([*plan["scripts"], None]):
        began = time.monotonic()
        status = live(plan, number, script)
        expected = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not (expected if script else status == 0):
            wrong[str(script)] = status
        sys.stderr.write(f"{script}: {status} after {time.monotonic() - began:.1f} s\n")
    sys.stdout.write(json.dumps(wrong) + "\n")


if __name__ == "__main__":
    main()
