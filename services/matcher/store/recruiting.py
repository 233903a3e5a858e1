"""Which kind of member to recruit next, as a worker last worked it out. One row; a cache."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, select, update

from services.matcher.store.counters import CHANGES, FEED, current_number
from services.matcher.store.metadata import METADATA
from shared.storage import Json, UtcDateTime, upsert

_LAST = "last"

recruiting = Table(
    "recruiting",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("changes", BigInteger, nullable=False),
    Column("feed", BigInteger, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("found_at", UtcDateTime),
    Column("found", Json),
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """How much had happened to listings and to matches."""

    changes: int
    feed: int


@dataclass(frozen=True, slots=True)
class Recruited:
    """`begun` is what the last run began from; `found` is None until the first is over."""

    begun: Stamp
    begun_at: datetime
    found_at: datetime | None
    found: dict[str, Any] | None

    @property
    def running(self) -> bool:
        return self.found_at is None or self.found_at < self.begun_at


def stamp_now(connection: Connection) -> Stamp:
    return Stamp(current_number(connection, CHANGES), current_number(connection, FEED))


def last_recruited(connection: Connection) -> Recruited | None:
    row = connection.execute(select(recruiting).where(recruiting.c.name == _LAST)).first()
    if row is None:
        return None
    return Recruited(Stamp(row.changes, row.feed), row.begun_at, row.found_at, row.found)


def begin_recruiting(connection: Connection, stamp: Stamp, at: datetime) -> None:
    """Written before the work, so that one that breaks is not begun again at once; what was found
    before stays.
    """
    row = {"name": _LAST, "changes": stamp.changes, "feed": stamp.feed, "begun_at": at}
    upsert(connection, recruiting, row, ["name"])


def put_recruited(connection: Connection, found: dict[str, Any], at: datetime) -> None:
    statement = update(recruiting).where(recruiting.c.name == _LAST)
    connection.execute(statement.values(found=found, found_at=at))
