"""Rows to learn from, read as a whole, in one order whatever the store."""

from sqlalchemy import Connection, func, select

from services.matcher.store import tables as t
from services.matcher.store.learning import TrainingRow


def all_training_rows(connection: Connection) -> list[TrainingRow]:
    """By source, which is unique."""
    rows = connection.execute(select(t.training_rows)).mappings()
    return sorted((TrainingRow(**row) for row in rows), key=lambda row: row.source)


def count_training_rows(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(t.training_rows)) or 0
