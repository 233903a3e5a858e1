"""The projection again from the beginning of the topics; records are not touched.

It hands what the worker has applied to the projection's handlers only, which publish nothing: no
mail can come of it. Whatever the worker has not read yet it reads afterwards, as ever.
"""

from collections.abc import Sequence

from sqlalchemy import delete

from services.matcher.projection import HANDLERS, TOGETHER
from services.matcher.store import tables as t
from shared.bus.port import Bus
from shared.clock import Clock
from shared.contracts import topics
from shared.contracts.envelope import Event
from shared.messaging.applying import Handler, ManyHandler
from shared.messaging.replay import replay
from shared.storage import Database, Lease, Work

GROUP = "matcher"
TOPICS = (topics.MEMBERS, topics.CONFLICTS, topics.CAPABILITIES, topics.NEEDS)


class WorkerRuns(Exception):
    """A worker is at work on the same tables: stop the matcher's workers first."""


def rebuild_projection(database: Database, bus: Bus, clock: Clock) -> int:
    """Empty the projection and read it again; returns how many events it was made of.

    The next worker examines every need once more.

    Raises
    ------
    WorkerRuns
        The timers' lease is held, so a worker runs.

    """
    lease = Lease(database, "timers")
    if not lease.acquire():
        raise WorkerRuns(str(WorkerRuns.__doc__))
    try:
        with database.write() as connection:
            for table in t.KNOWN:
                connection.execute(delete(table))
        handlers = {**{type_: _each(one) for type_, one in HANDLERS.items()}, **TOGETHER}
        return replay(database, bus, clock, group=GROUP, topics=TOPICS, handlers=handlers)
    finally:
        lease.release()


def _each(handle: Handler) -> ManyHandler:
    def many(work: Work, events: Sequence[Event]) -> None:
        for event in events:
            handle(work, event)

    return many
