"""Counted word weights as records: an epoch is written once and never changed.

Plain arrays: nothing read from here is ever executed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Double, Integer, LargeBinary, String, Table, select

from services.matcher.store.metadata import METADATA
from shared.storage import UtcDateTime
from shared.storage.statements import insert_ignore
from shared.storage.watch import notify

word_epochs = Table(
    "word_epochs",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False),
    Column("listings", Integer, nullable=False),  # how many there were when it was made
    Column("texts", Integer, nullable=False),
    Column("usual_length", Double, nullable=False),
    Column("stem_columns", LargeBinary, nullable=False),
    Column("stem_counts", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
_HEAD = (word_epochs.c.number, word_epochs.c.name, word_epochs.c.listings)
_NEWEST = select(*_HEAD).order_by(word_epochs.c.number.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class EpochHead:
    """An epoch without what was counted."""

    number: int
    name: str
    listings: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, as little-endian int32 arrays in bytes."""

    texts: int
    usual_length: float
    columns: bytes
    counts: bytes


def newest_epoch(connection: Connection) -> EpochHead | None:
    row = connection.execute(_NEWEST).one_or_none()
    return None if row is None else EpochHead(row.number, row.name, row.listings)


def epoch_named(connection: Connection, name: str) -> EpochHead | None:
    """The newest of that name: equal counts have equal names."""
    row = connection.execute(_NEWEST.where(word_epochs.c.name == name)).one_or_none()
    return None if row is None else EpochHead(row.number, row.name, row.listings)


def counted_in(connection: Connection, number: int) -> Counted:
    row = connection.execute(select(word_epochs).where(word_epochs.c.number == number)).one()
    return Counted(row.texts, row.usual_length, bytes(row.stem_columns), bytes(row.stem_counts))


def add_epoch(connection: Connection, head: EpochHead, counted: Counted, now: datetime) -> bool:
    """False where another worker has written that number already."""
    written = insert_ignore(
        connection,
        word_epochs,
        {
            "number": head.number,
            "name": head.name,
            "listings": head.listings,
            "texts": counted.texts,
            "usual_length": counted.usual_length,
            "stem_columns": counted.columns,
            "stem_counts": counted.counts,
            "made_at": now,
        },
    )
    notify(connection)
    return written == 1
