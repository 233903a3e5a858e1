"""Quiet periods as administrators entered them, and how much of them a match has been given."""

from datetime import date, datetime

from sqlalchemy import Column, Connection, String, Table, Text, select, update

from services.matcher.domain.quiet import QuietPeriod
from services.matcher.store.metadata import ID, METADATA
from shared.ids import new_id
from shared.storage import UtcDateTime, Work, upsert

quiet_periods = Table(
    "quiet_periods",
    METADATA,
    Column("period_id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("nation", String(10), nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("last_day", String(10), nullable=False, index=True),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("entered_by", ID),
    Column("removed_at", UtcDateTime),
    Column("removed_by", ID),
)
#: Until when quiet time has been added to the clock of a match that was asked.
quiet_counted = Table(
    "quiet_counted",
    METADATA,
    Column("match_id", ID, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)


def enter_period(
    work: Work, name: str, nation: str, first_day: date, last_day: date, by: str
) -> QuietPeriod:
    """Keep a period whose values have been checked."""
    period = QuietPeriod(new_id(), name.strip(), nation, first_day, last_day)
    work.connection.execute(
        quiet_periods.insert().values(
            period_id=period.period_id,
            name=period.name,
            nation=nation,
            first_day=first_day.isoformat(),
            last_day=last_day.isoformat(),
            entered_at=work.now,
            entered_by=by,
        )
    )
    days = {"nation": nation, "first_day": f"{first_day}", "last_day": f"{last_day}"}
    work.audit("quiet_period.entered", period.period_id, days)
    return period


def remove_period(work: Work, period_id: str, by: str) -> bool:
    """Mail goes again; False when it was removed before. The line is kept."""
    written = work.connection.execute(
        update(quiet_periods)
        .where(quiet_periods.c.period_id == period_id, quiet_periods.c.removed_at.is_(None))
        .values(removed_at=work.now, removed_by=by)
    )
    if written.rowcount:
        work.audit("quiet_period.removed", period_id)
    return written.rowcount == 1


def periods_since(connection: Connection, day: date) -> list[QuietPeriod]:
    """Periods in force whose last day is not before `day`, the earliest first."""
    table = quiet_periods.c
    query = select(quiet_periods).where(
        table.removed_at.is_(None), table.last_day >= day.isoformat()
    )
    return [
        QuietPeriod(
            row.period_id,
            row.name,
            row.nation,
            date.fromisoformat(row.first_day),
            date.fromisoformat(row.last_day),
        )
        for row in connection.execute(query.order_by(table.first_day, table.period_id))
    ]


def counted_until(connection: Connection, match_id: str) -> datetime | None:
    query = select(quiet_counted.c.until).where(quiet_counted.c.match_id == match_id)
    until: datetime | None = connection.scalar(query)
    return until


def count_until(connection: Connection, match_id: str, until: datetime) -> None:
    row = {"match_id": match_id, "until": until}
    upsert(connection, quiet_counted, row, key=("match_id",))
