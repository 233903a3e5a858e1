"""The projection again from the beginning of the topics; records are not touched.

It reads as a group of its own and hands events to the projection's handlers only, which publish
nothing: no mail can come of it. Whatever the worker has not read yet it reads afterwards, as ever.
"""

import time

from sqlalchemy import delete

from services.matcher.projection import HANDLERS, TOGETHER
from services.matcher.store import tables as t
from shared.bus.port import Bus
from shared.clock import Clock
from shared.contracts import topics
from shared.messaging.runner import Runner
from shared.storage import Database, Lease

GROUP = "matcher-rebuild"
TOPICS = (topics.MEMBERS, topics.CONFLICTS, topics.CAPABILITIES, topics.NEEDS)
QUIET_SECONDS = 2.0


class WorkerRuns(Exception):
    """A worker is at work on the same tables: stop the matcher's workers first."""


def rebuild_projection(
    database: Database, bus: Bus, clock: Clock, *, quiet_seconds: float = QUIET_SECONDS
) -> None:
    """Empty the projection and read it again; the next worker examines every need once more.

    Raises
    ------
    WorkerRuns
        The timers' lease is held, so a worker runs.

    """
    lease = Lease(database, "timers")
    if not lease.acquire():
        raise WorkerRuns(str(WorkerRuns.__doc__))
    try:
        _empty(database)
        _read_again(database, bus, clock, quiet_seconds)
    finally:
        lease.release()


def _empty(database: Database) -> None:
    inbox, positions = t.STANDARD.inbox, t.STANDARD.positions
    with database.write() as connection:
        for table in t.KNOWN:
            connection.execute(delete(table))
        connection.execute(delete(inbox).where(inbox.c.topic.in_(TOPICS)))
        connection.execute(delete(positions).where(positions.c.consumer_group == GROUP))


def _read_again(database: Database, bus: Bus, clock: Clock, quiet_seconds: float) -> None:
    runner = Runner(
        database,
        bus,
        group=GROUP,
        topics=TOPICS,
        handlers=HANDLERS,
        together=TOGETHER,
        source="/matcher",
        clock=clock,
        member="rebuild",
    )
    try:
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < quiet_seconds:
            did = runner.step(min(0.2, quiet_seconds))
            if did or not runner.connected or runner.lag() > 0:
                quiet_since = time.monotonic()
    finally:
        runner.close()
