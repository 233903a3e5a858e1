"""Official figures that were imported: what they are, and one number a district. Records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Date, Float, Integer, String, Table, Text, delete, select

from services.matcher.scoring.market.priority import Figures, Priorities
from services.matcher.store.counters import current_number, next_number
from services.matcher.store.tables import METADATA
from shared.storage import Json, UtcDateTime, upsert

FIGURES = "figures"
"""The counter that says whether what a process holds is what is stored."""

publications = Table(
    "figures_published",
    METADATA,
    Column("dataset", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("level", String(64), nullable=False),
    Column("published", Date, nullable=False),
    Column("licence", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)
of_districts = Table(
    "figures_of_districts",
    METADATA,
    Column("dataset", String(64), primary_key=True),
    Column("district", String(16), primary_key=True),
    Column("hardship", Float, nullable=False),
    Column("measures", Json, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A publication as it is stored; `lines` of the file that was imported last."""

    figures: Figures
    measures: Mapping[str, Mapping[str, float]]
    lines: int
    imported_at: datetime


def figures_number(connection: Connection) -> int:
    """Rises with every import and every forgetting."""
    return current_number(connection, FIGURES)


def priorities_of(connection: Connection) -> Priorities:
    """Of every district, by all that is stored."""
    return Priorities(kept.figures for kept in all_kept(connection))


def all_kept(connection: Connection) -> list[Kept]:
    """By name of the dataset."""
    hardship: dict[str, dict[str, float]] = {}
    measures: dict[str, dict[str, Mapping[str, float]]] = {}
    for row in connection.execute(select(of_districts)):
        hardship.setdefault(row.dataset, {})[row.district] = row.hardship
        measures.setdefault(row.dataset, {})[row.district] = row.measures
    return [
        Kept(
            Figures(
                row.dataset, row.title, row.level, row.published, row.licence,
                hardship.get(row.dataset, {}),
            ),
            measures.get(row.dataset, {}),
            row.lines,
            row.imported_at,
        )
        for row in connection.execute(select(publications).order_by(publications.c.dataset))
    ]  # fmt: skip


def put_figures(connection: Connection, kept: Kept) -> None:
    """In place of what was stored of the dataset before."""
    figures = kept.figures
    connection.execute(delete(of_districts).where(of_districts.c.dataset == figures.dataset))
    row = {
        "dataset": figures.dataset,
        "title": figures.title,
        "level": figures.level,
        "published": figures.published,
        "licence": figures.licence,
        "lines": kept.lines,
        "imported_at": kept.imported_at,
    }
    upsert(connection, publications, row, ["dataset"])
    rows = [
        {
            "dataset": figures.dataset,
            "district": district,
            "hardship": hardship,
            "measures": dict(kept.measures[district]),
        }
        for district, hardship in sorted(figures.hardship.items())
    ]
    connection.execute(of_districts.insert(), rows)
    next_number(connection, FIGURES)


def drop_figures(connection: Connection, datasets: Iterable[str]) -> int:
    """How many publications there were to drop."""
    names = list(datasets)
    connection.execute(delete(of_districts).where(of_districts.c.dataset.in_(names)))
    dropped = connection.execute(delete(publications).where(publications.c.dataset.in_(names)))
    if dropped.rowcount:
        next_number(connection, FIGURES)
    return int(dropped.rowcount)
