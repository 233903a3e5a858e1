"""How long rows are kept: rules as data, which one runner applies, counts or only counts (dry run).

A rule either deletes a row or empties some of its columns. Rows go in small batches, so that
writers wait for a short transaction only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from shared import failpoints
from shared.storage.database import Database
from shared.storage.tables import standard_tables

BATCH_ROWS = 500
_standard = standard_tables(MetaData())


class Kept(Protocol):
    """What is kept for a while only. Most are a `Rule`; some go through a use case of their own."""

    @property
    def name(self) -> str: ...

    @property
    def days(self) -> float: ...

    @property
    def why(self) -> str: ...

    @property
    def deed(self) -> str:
        """What happens to it, as a verb: deletes, empties, erases."""
        ...

    def count(self, connection: Connection, now: datetime) -> int:
        """How many are due now."""
        ...

    def apply(self, database: Database, now: datetime) -> int:
        """Let go of what is due; how many."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` are kept `days` after `since`, where `only` holds. `empties` names the columns
    that are emptied then; without any the row goes. `why` is for the people concerned.
    """

    name: str
    table: Table
    since: ColumnElement[Any]
    days: float
    why: str
    only: ColumnElement[bool] | None = None
    empties: tuple[Column[Any], ...] = field(default=())

    @property
    def deed(self) -> str:
        return "empties" if self.empties else "deletes"

    def count(self, connection: Connection, now: datetime) -> int:
        due = select(func.count()).select_from(self.table).where(self.due(now))
        return int(connection.execute(due).scalar_one())

    def apply(self, database: Database, now: datetime) -> int:
        """Until nothing is due; how many rows were taken or emptied."""
        done = 0
        while True:
            with database.write() as connection:
                taken = connection.execute(_statement(self, now)).rowcount
                failpoints.reach("retention.taking")
            failpoints.reach("retention.taken")
            done += taken
            if taken < BATCH_ROWS:
                return done

    def due(self, now: datetime) -> ColumnElement[bool]:
        conditions = [self.since < now - timedelta(days=self.days)]
        if self.only is not None:
            conditions.append(self.only)
        if self.empties:
            conditions.append(or_(*(_is_filled(column) for column in self.empties)))
        return and_(*conditions)


def _is_filled(column: Column[Any]) -> ColumnElement[bool]:
    return column.is_not(None) if column.nullable else column != _empty(column)


def _empty(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    return b"" if isinstance(column.type, LargeBinary) else ""


STANDARD = (
    Rule(
        "answers to repeated requests",
        _standard.idempotency_keys,
        _standard.idempotency_keys.c.created_at,
        2,
        "so that a request sent twice is carried out once",
    ),
    Rule(
        "buckets of limits",
        _standard.rate_limits,
        _standard.rate_limits.c.refilled_at,
        1,
        "a bucket that nobody used for a day is full again",
    ),
    Rule(
        "parked records that were decided",
        _standard.parked,
        _standard.parked.c.parked_at,
        90,
        "to see again what was released or given up, and why",
        only=_standard.parked.c.state.in_(("done", "discarded")),
    ),
)
"""What every service keeps for a while only. Published rows of the outbox go after 7 days (relay)."""


def _statement(rule: Rule, now: datetime) -> Any:
    keys = list(rule.table.primary_key.columns)
    due = select(*keys).where(rule.due(now)).limit(BATCH_ROWS)
    chosen = (keys[0] if len(keys) == 1 else tuple_(*keys)).in_(due)
    if rule.empties:
        values = {column.name: _empty(column) for column in rule.empties}
        return update(rule.table).where(chosen).values(**values)
    return delete(rule.table).where(chosen)
