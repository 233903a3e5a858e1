"""What the worker does besides carrying events: past listings, the count of stale ones."""

from datetime import datetime

from prometheus_client import Gauge

from services.registry.domain.rules import Rules
from services.registry.expire import close_past_listings, count_unconfirmed
from services.registry.importing.run import SOURCE
from shared.clock import Clock
from shared.messaging.tasks import Periodic
from shared.storage import Database, Lease, unit_of_work

HOUR_SECONDS = 3_600.0
unconfirmed_listings = Gauge(
    "convene_unconfirmed_listings",
    "Published listings that nobody confirmed for longer than the rules allow.",
    ["kind"],
    multiprocess_mode="mostrecent",
)


def upkeep(database: Database, rules: Rules, clock: Clock) -> Periodic:
    """Once an hour, in one worker at a time."""
    lease = Lease(database, "upkeep")

    def run(now: datetime) -> bool:
        if not lease.acquire():
            return False
        with unit_of_work(database, source=SOURCE, clock=clock) as work:
            closed = close_past_listings(work)
            for kind, number in count_unconfirmed(work.connection, rules, now).items():
                unconfirmed_listings.labels(kind).set(number)
        return closed > 0

    return Periodic("upkeep", HOUR_SECONDS, run, clock, close=lease.release)
