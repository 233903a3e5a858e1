"""Rows of imports: the sealed upload, what state it is in, what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from services.registry.store import tables
from services.registry.store.rows import insert_rows

HELD, WAITING, RUNNING, FINISHED, FAILED, UNDONE = (
    "held", "waiting", "running", "finished", "failed", "undone",
)  # fmt: skip


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


def set_waiting(connection: Connection, import_id: str, options: Mapping[str, Any]) -> None:
    table = tables.imports
    values = {"state": WAITING, "options": dict(options), "finished_at": None, "counts": {}}
    connection.execute(update(table).where(table.c.id == import_id).values(**values))


def keep_for_later(
    connection: Connection, import_id: str, *, faulty: bytes | None, body: bytes | None
) -> None:
    """The rows to correct and, after a try, the upload itself; both sealed, both for some days."""
    table = tables.imports
    values = {"faulty": faulty, "body": body}
    connection.execute(update(table).where(table.c.id == import_id).values(**values))


def set_undone(connection: Connection, import_id: str) -> None:
    """What could be undone is, and with it goes what was kept for that."""
    table, changes = tables.imports, tables.import_changes
    values = {"state": UNDONE, "faulty": None, "body": None}
    connection.execute(update(table).where(table.c.id == import_id).values(**values))
    connection.execute(changes.delete().where(changes.c.import_id == import_id))


def load_import_with_body(connection: Connection, import_id: str) -> Row[Any] | None:
    """With what is sealed, to be read."""
    query = select(tables.imports).where(tables.imports.c.id == import_id)
    return connection.execute(query).first()


def load_upload(connection: Connection, import_id: str) -> Row[Any] | None:
    """With what is sealed; held until the transaction ends."""
    query = select(tables.imports).where(tables.imports.c.id == import_id)
    return connection.execute(query.with_for_update()).first()


def latest_imports(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    """Newest first."""
    table = tables.imports
    return connection.execute(
        select(*_TOLD).order_by(table.c.requested_at.desc(), table.c.id).limit(limit)
    ).all()


_TOLD = [column for column in tables.imports.c if column.name not in {"body", "faulty"}]


def load_import(connection: Connection, import_id: str) -> Row[Any] | None:
    return connection.execute(select(*_TOLD).where(tables.imports.c.id == import_id)).first()


def load_findings(
    connection: Connection, import_id: str, sort: str, limit: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many findings of this sort there are, and the first of them in the file's order."""
    table = tables.import_findings
    mine = (table.c.import_id == import_id) & (table.c.sort == sort)
    number = connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    query = select(table).where(mine).order_by(table.c.line, table.c.position).limit(limit)
    return int(number), connection.execute(query).all()


def subjects_of(connection: Connection, import_id: str) -> Sequence[Any]:
    """Kind and id of whatever the import wrote; none once that is forgotten."""
    table = tables.import_changes
    query = select(table.c.kind, table.c.subject).where(table.c.import_id == import_id)
    return connection.execute(query.order_by(table.c.kind, table.c.subject)).all()


def forget_changes_of(connection: Connection, contact_ids: Sequence[str]) -> None:
    """Whoever is erased is not put back by undoing an import, nor read in a file kept from one."""
    table, changes = tables.imports, tables.import_changes
    mine = (changes.c.kind == "contact") & changes.c.subject.in_(contact_ids)
    connection.execute(changes.delete().where(mine))
    over = table.c.state.not_in((WAITING, RUNNING))
    connection.execute(update(table).where(over).values(body=None, faulty=None))
