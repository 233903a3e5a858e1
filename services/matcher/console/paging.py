"""One page of a long list: its rows, where it stands in the list, and which page was asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select

PER_PAGE = 20
_RowT = TypeVar("_RowT")
_OtherT = TypeVar("_OtherT")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: `asked` past the end is the last page, and below one the first."""

    asked: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def number(self) -> int:
        return min(max(1, self.asked), self.pages)

    def of(self, query: Select[Any], most: int = PER_PAGE) -> Select[Any]:
        """The query for the rows of this page alone; `most` leaves out the last of them."""
        return query.limit(most).offset((self.number - 1) * PER_PAGE)


@dataclass(frozen=True, slots=True)
class Paged(Generic[_RowT]):
    rows: Sequence[_RowT]
    place: Place

    @property
    def total(self) -> int:
        return self.place.total

    @property
    def number(self) -> int:
        return self.place.number

    @property
    def pages(self) -> int:
        return self.place.pages

    @property
    def first(self) -> int:
        """The number of its first row in the whole list; 0 where there is none."""
        return (self.number - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * PER_PAGE, self.total)

    def showing(self, rows_of: Callable[[Sequence[_RowT]], Sequence[_OtherT]]) -> "Paged[_OtherT]":
        """The same page, with its rows as they are shown."""
        return Paged(rows_of(self.rows), self.place)


def page_number() -> int:
    """Which page the address asks for."""
    text = request.args.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 1
