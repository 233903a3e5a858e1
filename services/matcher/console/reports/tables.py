"""A report is made of tables: shown on the page, drawn as charts, taken out as files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from services.matcher.console.reports.period import Period
from services.matcher.console.review.filters import Filters

Cell = str | int | float | None
MOST_ROWS = 25
"""Of places and members on a page; a longer table is looked at by narrowing it."""
Shape = Literal["bars", "across"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: its time, and what it was narrowed to."""

    period: Period
    filters: Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first column names each row. `drawn` are the columns of its chart, none for no chart;
    `shares` the columns that hold shares of a whole, shown as per cent.
    """

    name: str
    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    drawn: Sequence[int] = ()
    shape: Shape = "bars"
    shares: frozenset[int] = frozenset()
    sums_up: bool = False
    """Whether the numbers of a column may be added up."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw or to tell."""
        return not any(isinstance(cell, int | float) and cell for row in self.rows for cell in row)

    @property
    def totals(self) -> list[Cell]:
        columns = zip(*self.rows, strict=True)
        return [_sum(column) for column in list(columns)[1:]]

    def text_of(self, column: int, cell: Cell) -> str:
        """As a person reads it."""
        if cell is None:
            return "–"
        if isinstance(cell, str):
            return cell
        if column in self.shares:
            return f"{cell * 100:.1f}%"
        return f"{cell:,.10g}"

    def is_number(self, column: int) -> bool:
        return all(row[column] is None or not isinstance(row[column], str) for row in self.rows)


Build = Callable[[Connection, Scope], Table]


def _sum(column: Sequence[Cell]) -> Cell:
    numbers = [cell for cell in column if isinstance(cell, int | float)]
    return sum(numbers) if len(numbers) == len(column) else None
