"""Every model that was learned: its weights, what it was learned from, and what became of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, String, Table, Text, insert, select, update

from services.matcher.store.metadata import CODE, METADATA
from shared.storage import Json, UtcDateTime

models = Table(
    "models",
    METADATA,
    Column("version", String(200), primary_key=True),
    Column("status", CODE, nullable=False),
    Column("representation", String(200), nullable=False),
    Column("parameters", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("measures", Json, nullable=False),
    Column("code_version", String(200), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),
    Column("reason", Text),
)

OFFERED, IN_USE, REPLACED, REFUSED = "offered", "in_use", "replaced", "refused"
NOT_BETTER, OUTDATED = "not_better", "outdated"
"""Measured and not offered; offered, and overtaken by a newer offer before anyone decided."""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One version. `data` says what it was learned from, `measures` how it did on rows held out."""

    version: str
    status: str
    representation: str
    parameters: Mapping[str, Any]
    data: Mapping[str, Any]
    measures: Mapping[str, Any]
    code_version: str
    made_at: datetime
    decided_at: datetime | None = field(default=None)
    decided_by: str | None = None
    reason: str | None = None


def add_model(connection: Connection, model: StoredModel) -> None:
    connection.execute(insert(models).values(**asdict(model)))


def model_in_use(connection: Connection) -> StoredModel | None:
    """None: nobody accepted one, so the stated priors score."""
    return _first(connection, models.c.status == IN_USE)


def find_model(connection: Connection, version: str) -> StoredModel | None:
    return _first(connection, models.c.version == version)


def all_models(connection: Connection) -> list[StoredModel]:
    """Newest first."""
    query = select(models).order_by(models.c.made_at.desc(), models.c.version)
    return [StoredModel(**row) for row in connection.execute(query).mappings()]


def move_models(connection: Connection, old: str, new: str) -> list[str]:
    """Give every model of one status another; their versions."""
    query = select(models.c.version).where(models.c.status == old).order_by(models.c.version)
    moved = list(connection.scalars(query))
    connection.execute(update(models).where(models.c.status == old).values(status=new))
    return moved


def set_decision(
    connection: Connection, version: str, status: str, at: datetime, by: str, reason: str
) -> None:
    connection.execute(
        update(models)
        .where(models.c.version == version)
        .values(status=status, decided_at=at, decided_by=by, reason=reason)
    )


def _first(connection: Connection, condition: Any) -> StoredModel | None:
    row = connection.execute(select(models).where(condition)).mappings().first()
    return None if row is None else StoredModel(**row)
