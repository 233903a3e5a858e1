"""Official figures that were imported: what they are, and one number a district. Records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Float,
    Integer,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    select,
)

from services.matcher.scoring.market.priority import (
    DECIMALS,
    DistrictPriority,
    Figures,
    Priorities,
    share_below,
)
from services.matcher.store.counters import current_number, next_number
from services.matcher.store.metadata import METADATA
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


def priorities_in(connection: Connection, districts: Iterable[str]) -> Priorities:
    """Of these districts alone, without reading what is stored of the others."""
    figures = {row.dataset: _figures(row) for row in connection.execute(select(publications))}
    mine, other = of_districts.alias("mine"), of_districts.alias("other")
    query = (
        select(
            mine.c.dataset,
            mine.c.district,
            func.sum(case((other.c.hardship < mine.c.hardship, 1), else_=0)).label("below"),
            func.sum(case((other.c.hardship == mine.c.hardship, 1), else_=0)).label("equal"),
            func.count().label("all"),
        )
        .join(other, other.c.dataset == mine.c.dataset)
        .where(mine.c.district.in_(sorted(districts)))
        .group_by(mine.c.dataset, mine.c.district)
    )
    known: dict[str, DistrictPriority] = {}
    rows = connection.execute(query).all()
    for row in sorted(rows, key=lambda row: figures[row.dataset].turn):
        one = figures[row.dataset]
        share = round(share_below(row.below, row.equal - 1, row.all), DECIMALS)
        known.setdefault(row.district, DistrictPriority(row.district, share, one.level, one.cited))
    return Priorities.of_known(known.values())


def all_kept(connection: Connection) -> list[Kept]:
    """By name of the dataset."""
    hardship: dict[str, dict[str, float]] = {}
    measures: dict[str, dict[str, Mapping[str, float]]] = {}
    for row in connection.execute(select(of_districts)):
        hardship.setdefault(row.dataset, {})[row.district] = row.hardship
        measures.setdefault(row.dataset, {})[row.district] = row.measures
    return [
        Kept(
            _figures(row, hardship.get(row.dataset)),
            measures.get(row.dataset, {}),
            row.lines,
            row.imported_at,
        )
        for row in connection.execute(select(publications).order_by(publications.c.dataset))
    ]


def _figures(row: Any, hardship: Mapping[str, float] | None = None) -> Figures:
    return Figures(row.dataset, row.title, row.level, row.published, row.licence, hardship or {})


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
