"""The balance of promise P6: what was accepted is done, parked or in flight, always.

Two books, each kept from both sides. Events: the numbers given out (`sequences`) against rows
published and rows waiting. Records: those taken off the bus against their fates and the rows
parked. The counts move in the transactions they count; one statement reads a whole book, so a
difference is a loss or a double and never a matter of timing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, func, select

from shared.messaging.parking import OPEN, RELEASED
from shared.observability import metrics
from shared.observability.logging import get_logger
from shared.storage.database import Database
from shared.storage.statements import add_to_counter
from shared.storage.tables import standard_tables

PUBLISHED = "events_published"
TAKEN = "records_taken"
DONE = "records_done"

_SHARE = 20  # of the time at most one part in this many goes into counting

_tables = standard_tables(MetaData())
_log = get_logger()


def count(connection: Connection, name: str, amount: int, by: str = "") -> None:
    """Add to a count of this book; `by` keeps workers off each other's rows."""
    if amount:
        add_to_counter(connection, f"{name}:{by}", amount)


@dataclass(frozen=True, slots=True)
class Book:
    accepted: int
    done: int
    parked: int
    in_flight: int

    @property
    def difference(self) -> int:
        return self.accepted - (self.done + self.parked + self.in_flight)


def _sum(name: str) -> object:
    counters = _tables.counters
    query = select(func.coalesce(func.sum(counters.c.value), 0))
    return query.where(counters.c.name.startswith(f"{name}:", autoescape=True)).scalar_subquery()


def books(connection: Connection) -> Mapping[str, Book]:
    """`events` and `records`, as the database has them at one moment."""
    outbox, parked = _tables.outbox, _tables.parked
    written = select(func.coalesce(func.sum(_tables.sequences.c.last), 0)).scalar_subquery()
    waiting = (
        select(func.count())
        .select_from(outbox)
        .where(outbox.c.published_at.is_(None))
        .scalar_subquery()
    )
    still = (
        select(func.count())
        .select_from(parked)
        .where(parked.c.state.in_((OPEN, RELEASED)))
        .scalar_subquery()
    )
    row = connection.execute(
        select(  # type: ignore[call-overload]
            written, _sum(PUBLISHED), waiting, _sum(TAKEN), _sum(DONE), still
        )
    ).one()
    values = [int(value) for value in row]
    return {
        "events": Book(accepted=values[0], done=values[1], parked=0, in_flight=values[2]),
        "records": Book(accepted=values[3], done=values[4], parked=values[5], in_flight=0),
    }


class Balance:
    """Sets the gauges of one service; called every second by its worker."""

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service
        self._due = 0.0
        self._difference = 0

    def report(self) -> int:
        """Returns the difference, which must be 0. Counting grows with the books: where it takes
        long, not every call counts anew.
        """
        started = time.monotonic()
        if started >= self._due:
            self._difference = self._count()
            ended = time.monotonic()
            self._due = ended + (ended - started) * _SHARE
        return self._difference

    def _count(self) -> int:
        with self._database.read() as connection:
            both = books(connection)
        events, records = both["events"], both["records"]
        metrics.outbox_depth.labels(self._service).set(events.in_flight)
        difference = metrics.record_balance(
            self._service,
            accepted=events.accepted + records.accepted,
            done=events.done + records.done,
            parked_records=records.parked,
            in_flight_records=events.in_flight,
        )
        if events.difference or records.difference:
            _log.error("balance_broken", events=events.difference, records=records.difference)
        return difference
