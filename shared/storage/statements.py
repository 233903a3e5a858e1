"""Statements whose spelling differs between SQLite and PostgreSQL, or that every event needs.

They are built once: building a statement costs many times what running it does.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, Table
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
    statement = _upsert(connection.dialect.name, table, tuple(rows[0]), tuple(key))
    connection.execute(statement, [dict(row) for row in rows])


def insert_ignore(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert unless a row stands in the way; returns how many rows were written (0 or 1)."""
    statement = _insert_ignore(connection.dialect.name, table)
    return len(connection.execute(statement, dict(values)).all())


def add_to_counter(connection: Connection, name: str, amount: int) -> None:
    """Add to a row of the `counters` table, which every service has."""
    connection.exec_driver_sql(_counting(connection), (name, amount))


def raise_counter(connection: Connection, name: str, by: int = 1) -> int:
    """Add and return the sum; the row stays locked until the commit."""
    raised = connection.exec_driver_sql(f"{_counting(connection)} RETURNING value", (name, by))
    return int(raised.scalar_one())


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What is done inside is undone alone when it raises.

    As `Connection.begin_nested`, which compiles its three statements anew each time.
    """
    connection.exec_driver_sql("SAVEPOINT one_record")
    try:
        yield
    except BaseException:
        if not connection.invalidated:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one_record")
            connection.exec_driver_sql("RELEASE SAVEPOINT one_record")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT one_record")


def _counting(connection: Connection) -> str:
    sql = (
        "INSERT INTO counters (name, value) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"
    )
    return sql.replace("%s", "?") if connection.dialect.name == "sqlite" else sql


@lru_cache(maxsize=256)
def _upsert(
    dialect: str, table: Table, columns: tuple[str, ...], key: tuple[str, ...]
) -> Executable:
    statement = insert_of(dialect, table)
    others = {name: statement.excluded[name] for name in columns if name not in key}
    built: Executable = (
        statement.on_conflict_do_update(index_elements=list(key), set_=others)
        if others
        else statement.on_conflict_do_nothing(index_elements=list(key))
    )
    return built


@lru_cache(maxsize=256)
def _insert_ignore(dialect: str, table: Table) -> Executable:
    built: Executable = (
        insert_of(dialect, table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    )
    return built
