"""Rows of a publication to one number a district of 2023, or what is wrong line by line.

All or nothing: a share of districts means something only when all of them are there.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.matcher.figures.areas import NotAnArea, districts_of_area, districts_of_code
from services.matcher.figures.measures import HARDSHIP, MEASURES, Line, LineFault, Measures
from services.matcher.figures.shapes import Number, Shape
from services.matcher.figures.sheets import Cells, Row, Sheet, read_sheet
from services.matcher.scoring.market.priority import Figures
from shared.reference.places import Places

_QUOTED = 40
_YEAR = re.compile(r"\d{4}")


class FiguresRefused(Exception):
    """The file was recognised, but not every line of it is right; nothing was taken."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults[:3]))


@dataclass(frozen=True, slots=True)
class Publication:
    """What a file says: `measures` by district of 2023, to be shown and to be combined."""

    shape: Shape
    title: str
    published: date
    licence: str
    lines: int
    measures: Mapping[str, Measures]

    def figures(self) -> Figures:
        hardship = HARDSHIP[self.shape.kind](self.measures)
        shape = self.shape
        return Figures(
            shape.dataset, self.title, shape.level, self.published, self.licence, hardship
        )

    def with_earlier(self, earlier: Mapping[str, Mapping[str, float]]) -> "Publication":
        """Composites come in a file each: those that this file is silent about stay."""
        if self.shape.kind != "composite":
            return self
        codes = {*earlier, *self.measures}
        both = {code: {**earlier.get(code, {}), **self.measures.get(code, {})} for code in codes}
        return replace(self, measures=both)


def read_figures(
    content: bytes,
    *,
    source: str | None = None,
    published: date | None = None,
    licence: str | None = None,
    undated: date | None = None,
    places: Places | None = None,
) -> Publication:
    """The publication in a file, its source, date and licence as known or as given; `undated` is
    the date of one that neither knows.

    Raises
    ------
    NotRecognised
        It is none of the files that are known.
    FiguresRefused
        Lines are wrong or missing; all of them are named.

    """
    sheet, book = read_sheet(content), places or Places.load()
    shape, day = sheet.shape, published or sheet.shape.published or undated
    faults: list[LineFault] = []
    if day is None:
        faults.append(
            LineFault(0, "", f"{shape.title}: the file does not say when it was published; give "
                             "--date YYYY-MM-DD"))  # fmt: skip
    lines = list(_lines(sheet, book, faults))
    measures = MEASURES[shape.kind](lines, faults)
    if not any(fault.number for fault in faults):
        faults += _missing(sheet, book, measures)
    if faults or day is None:
        raise FiguresRefused(sorted(faults, key=lambda fault: fault.number))
    return Publication(
        shape, source or shape.title, day, licence or shape.licence, len(lines), measures
    )


def together(publications: Iterable[Publication]) -> list[Publication]:
    """One of each dataset: the last, with the composites of those before it."""
    found: dict[str, Publication] = {}
    for one in publications:
        before = found.get(one.shape.dataset)
        found[one.shape.dataset] = one.with_earlier(before.measures if before else {})
    return list(found.values())


def _lines(sheet: Sheet, places: Places, faults: list[LineFault]) -> Iterator[Line]:
    columns, shape = sheet.columns, sheet.shape
    for number, cells in _latest(sheet):
        place = _text(cells, columns["place"])
        try:
            find = districts_of_area if shape.by_name else districts_of_code
            districts = find(places, place)
        except NotAnArea as error:
            faults.append(LineFault(number, shape.place, str(error)))
            continue
        values, wrong = _values(cells, sheet, number)
        faults += wrong
        if not wrong:
            about = {name: _text(cells, columns[name]) for name in shape.about or ()}
            yield Line(number, place, districts, values, about)


def _latest(sheet: Sheet) -> list[Row]:
    """The rows of the last period, where a file tells of several."""
    column = sheet.columns.get("period")
    if column is None:
        return sheet.rows
    until = [int((_YEAR.findall(_text(cells, column)) or ["0"])[-1]) for _, cells in sheet.rows]
    return [row for row, year in zip(sheet.rows, until, strict=True) if year == max(until)]


def _values(cells: Cells, sheet: Sheet, line: int) -> tuple[Measures, list[LineFault]]:
    values: Measures = {}
    wrong = []
    for number in sheet.shape.numbers:
        if number.name in sheet.columns:
            given = _cell(cells, sheet.columns[number.name])
            value = _number(given)
            if value is None or not number.least <= value <= number.most:
                wrong.append(LineFault(line, number.headers[0], _not_a_number(given, number)))
            else:
                values[number.name] = value
    return values, wrong


def _missing(sheet: Sheet, places: Places, measures: Mapping[str, Measures]) -> list[LineFault]:
    """Districts, or lines, that a whole file would have."""
    shape = sheet.shape
    wanted = {code for code in places.district_index if code.startswith(shape.nations)}
    absent = sorted(wanted - measures.keys())
    found = []
    if absent:
        named = ", ".join(places.get(code).described for code in absent[:3])
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        found.append(
            LineFault(0, "", f"Nothing is said of {named}{more}; give the whole file as published.")
        )
    if shape.lines is not None and len(sheet.rows) != shape.lines:
        found.append(
            LineFault(0, "", f"The file has {len(sheet.rows):,} lines, {shape.title} have "
                             f"{shape.lines:,}; give the whole file as published."))  # fmt: skip
    return found


# --- cells ---
def _cell(cells: Cells, place: int) -> Any:
    return cells[place] if place < len(cells) else None


def _text(cells: Cells, place: int) -> str:
    cell = _cell(cells, place)
    return " ".join(str("" if cell is None else cell).split())


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool) or cell is None:
        return None
    try:
        value = float(str(cell).replace(",", "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _not_a_number(given: Any, number: Number) -> str:
    shown = str("" if given is None else given)[:_QUOTED]
    said = f"“{shown}”" if shown else "an empty cell"
    return f"{said} is no number from {number.least:,.0f} to {number.most:,.0f}."
