"""What was last told of each match, again from the log: the notifier's one projection.

The ledger, the answers and all else are records and stay. What happens to a match plans mail in the
worker only; here its state is remembered and nothing follows, so no mail can come of it.
"""

from collections.abc import Collection

from sqlalchemy import delete

from services.notifier.notice import remember
from services.notifier.store.tables import matches
from shared.bus.port import Bus
from shared.clock import Clock
from shared.contracts.topics import MATCHES
from shared.messaging.replay import replay
from shared.storage import Database, Lease

GROUP = "notifier"


class WorkerRuns(Exception):
    """A worker is at work on the same tables: stop the notifier's workers first."""


def rebuild_matches(database: Database, bus: Bus, clock: Clock, types: Collection[str]) -> int:
    """Empty the table and read it again from events of `types`; returns how many there were."""
    lease = Lease(database, "mail")
    if not lease.acquire():
        raise WorkerRuns(str(WorkerRuns.__doc__))
    try:
        with database.write() as connection:
            connection.execute(delete(matches))
        handlers = dict.fromkeys(types, remember)
        return replay(database, bus, clock, group=GROUP, topics=[MATCHES], handlers=handlers)
    finally:
        lease.release()
