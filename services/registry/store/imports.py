"""Rows of imports: the sealed upload, what state it is in, what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from services.registry.store import tables
from services.registry.store.rows import insert_rows

WAITING, RUNNING, FINISHED, FAILED = "waiting", "running", "finished", "failed"


def add_import(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(tables.imports).values(**values))


def next_import(connection: Connection) -> Row[Any] | None:
    """The oldest import that is not over: one that was running when a worker ended comes first."""
    table = tables.imports
    query = select(table).where(table.c.state.in_((RUNNING, WAITING)))
    return connection.execute(query.order_by(table.c.state, table.c.requested_at).limit(1)).first()


def set_running(connection: Connection, import_id: str) -> None:
    """Begin (again): what an interrupted run had found is found again."""
    table = tables.imports
    findings = tables.import_findings
    connection.execute(findings.delete().where(findings.c.import_id == import_id))
    connection.execute(update(table).where(table.c.id == import_id).values(state=RUNNING))


def set_counts(connection: Connection, import_id: str, counts: Mapping[str, Any]) -> None:
    table = tables.imports
    connection.execute(update(table).where(table.c.id == import_id).values(counts=dict(counts)))


def set_over(
    connection: Connection,
    import_id: str,
    now: datetime,
    counts: Mapping[str, Any],
    failure: str | None = None,
) -> None:
    """The import is over; its upload is not needed any more and goes."""
    table = tables.imports
    connection.execute(
        update(table)
        .where(table.c.id == import_id)
        .values(
            state=FAILED if failure else FINISHED,
            body=None,
            finished_at=now,
            counts=dict(counts),
            failure=failure,
        )
    )


def add_findings(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(connection, tables.import_findings, rows)


def load_import(connection: Connection, import_id: str) -> Row[Any] | None:
    columns = [column for column in tables.imports.c if column.name != "body"]
    return connection.execute(select(*columns).where(tables.imports.c.id == import_id)).first()


def load_findings(
    connection: Connection, import_id: str, sort: str, limit: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many findings of this sort there are, and the first of them in the file's order."""
    table = tables.import_findings
    mine = (table.c.import_id == import_id) & (table.c.sort == sort)
    number = connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    query = select(table).where(mine).order_by(table.c.line, table.c.position).limit(limit)
    return int(number), connection.execute(query).all()
