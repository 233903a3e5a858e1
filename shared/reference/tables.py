"""Reads the built tables of places from disk; no meaning is added here."""

import csv
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "data" / "places"


@dataclass(frozen=True, slots=True)
class AreaRow:
    """`districts` is empty for a district, which covers itself."""

    code: str
    name: str
    kind: str
    districts: tuple[str, ...]
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class ReplacedRow:
    """A code no longer, or not yet, in the edition of 2023; `since` may be empty."""

    code: str
    name: str
    replaced_by: str
    since: str


@dataclass(frozen=True, slots=True)
class WiderAreaRow:
    """A name in everyday use for several places that have no code together."""

    name: str
    words: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """All of it, in file order; per outward code the district with most postcodes is first."""

    areas: tuple[AreaRow, ...]
    neighbours: tuple[tuple[str, str], ...]
    outcodes: dict[str, tuple[tuple[str, int], ...]]
    aliases: tuple[tuple[str, str], ...]
    replaced: tuple[ReplacedRow, ...]
    wider_areas: tuple[WiderAreaRow, ...]


def read() -> Tables:
    return Tables(
        areas=tuple(
            AreaRow(code, name, kind, _codes(districts), float(latitude), float(longitude))
            for code, name, kind, districts, latitude, longitude in _rows("places.csv")
        ),
        neighbours=tuple((one, other) for one, other in _rows("neighbours.csv")),
        outcodes=_outcodes(),
        aliases=tuple((name, code) for name, code in _rows("aliases.csv")),
        replaced=tuple(ReplacedRow(*row) for row in _rows("replaced.csv")),
        wider_areas=tuple(
            WiderAreaRow(name, words, _codes(members))
            for name, words, members in _rows("wider_areas.csv")
        ),
    )


def _rows(name: str) -> list[list[str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(";")) if cell else ()


def _outcodes() -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for outcode, district, count in _rows("outcodes.csv"):
        found.setdefault(outcode, []).append((district, int(count)))
    return {outcode: tuple(shares) for outcode, shares in found.items()}
