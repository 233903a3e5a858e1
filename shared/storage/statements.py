"""The two statements whose spelling differs between SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def insert_of(dialect: str, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of the database."""
    module = postgresql if dialect == "postgresql" else sqlite
    return module.insert(table)


def upsert(connection: Connection, table: Table, values: Rows, key: Sequence[str]) -> None:
    """Insert, or overwrite every given column of the row with the same `key`.

    Many rows go in one call; all must have the same columns.
    """
    rows = [values] if isinstance(values, Mapping) else list(values)
    if not rows:
        return
    statement = insert_of(connection.dialect.name, table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in key}
    statement = (
        statement.on_conflict_do_update(index_elements=list(key), set_=others)
        if others
        else statement.on_conflict_do_nothing(index_elements=list(key))
    )
    connection.execute(statement, [dict(row) for row in rows])


def insert_ignore(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert unless a row stands in the way; returns how many rows were written (0 or 1)."""
    statement = insert_of(connection.dialect.name, table).values(**values).on_conflict_do_nothing()
    written = connection.execute(statement.returning(*table.primary_key.columns))
    return len(written.all())


def add_to_counter(connection: Connection, name: str, amount: int) -> None:
    """Add to a row of the `counters` table, which every service has."""
    sql = (
        "INSERT INTO counters (name, value) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"
    )
    if connection.dialect.name == "sqlite":
        sql = sql.replace("%s", "?")
    connection.exec_driver_sql(sql, (name, amount))
