"""Mail stopped by a restore, and the messages that left in the time the restore forgot."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, String, Table, delete, func, select, update

from services.notifier.store.tables import metadata
from shared.storage import insert_ignore, upsert
from shared.storage.columns import UtcDateTime
from shared.storage.watch import notify

#: While one is not lifted, nothing is sent.
mail_stops = Table(
    "mail_stops",
    metadata,
    Column("stopped_at", UtcDateTime, primary_key=True),
    Column("lifted_at", UtcDateTime),
)

#: Messages whose mail left, or may have left, after the backup was made. The row goes when the
#: ledger has caught up.
sent_before = Table(
    "sent_before",
    metadata,
    Column("message_id", String(200), primary_key=True),
    Column("fate", String(20), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
)


class SentFate(StrEnum):
    SENT = "sent"
    DOUBTFUL = "doubtful"


def stop_mail(connection: Connection, now: datetime) -> None:
    insert_ignore(connection, mail_stops, {"stopped_at": now, "lifted_at": None})


def mail_stopped_at(connection: Connection) -> datetime | None:
    """Since when nothing is sent; None when mail goes."""
    query = select(func.min(mail_stops.c.stopped_at)).where(mail_stops.c.lifted_at.is_(None))
    since: datetime | None = connection.execute(query).scalar()
    return since


def lift_stop(connection: Connection, now: datetime) -> None:
    still = mail_stops.c.lifted_at.is_(None)
    connection.execute(update(mail_stops).where(still).values(lifted_at=now))
    notify(connection)


def note_sent_before(connection: Connection, fates: Mapping[str, SentFate], now: datetime) -> None:
    rows = [
        {"message_id": message_id, "fate": fate.value, "noted_at": now}
        for message_id, fate in sorted(fates.items())
    ]
    upsert(connection, sent_before, rows, key=("message_id",))


def sent_fate(connection: Connection, message_id: str) -> SentFate | None:
    query = select(sent_before.c.fate).where(sent_before.c.message_id == message_id)
    fate = connection.execute(query).scalar()
    return None if fate is None else SentFate(fate)


def forget_sent_before(connection: Connection, message_id: str) -> None:
    connection.execute(delete(sent_before).where(sent_before.c.message_id == message_id))
