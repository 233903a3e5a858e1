"""One side of the market as arrays: a row per listing, appended and crossed out, never moved.

A changed listing gets a new row and its old one is crossed out, so a change costs what one row
costs; the table is packed when half of it is crossed out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from services.matcher.scoring.represent import Representation
from services.matcher.scoring.stems import COLUMNS

Row = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked of listings besides their likeness, one entry per listing of either side.

    `left` is capacity or partner places; `first_day` to `last_day` are day ordinals;
    `exempt` is "welcomes the same sector" on a need and "remote" on a capability;
    `place_stated` is False where neither the listing nor its member names a place.
    `load` counts what is open with the member; `priority` is that of a need's places, in [0, 1]
    or NaN for unknown (always on a capability). The masks are bit sets; a `strict_…` flag says that this side accepts an overlap only.
    """

    member: NDArray[np.int64]
    sector: NDArray[np.int64]
    member_open: NDArray[np.bool_]
    published: NDArray[np.bool_]
    exempt: NDArray[np.bool_]
    place_stated: NDArray[np.bool_]
    left: NDArray[np.int64]
    first_day: NDArray[np.int64]
    last_day: NDArray[np.int64]
    confirmed_day: NDArray[np.int64]
    load: NDArray[np.int64]
    priority: NDArray[np.float64]
    goals: NDArray[np.uint64]
    beneficiaries: NDArray[np.uint64]
    help: NDArray[np.uint64]
    strict_goals: NDArray[np.bool_]
    strict_beneficiaries: NDArray[np.bool_]
    strict_help: NDArray[np.bool_]

    def take(self, rows: Row | slice) -> "Facts":
        return Facts(*(getattr(self, entry.name)[rows] for entry in fields(self)))


@dataclass(frozen=True, slots=True)
class Fact:
    """The facts of one listing, in the order and meaning of `Facts`."""

    member: int
    sector: int
    member_open: bool
    published: bool
    exempt: bool
    place_stated: bool
    left: int
    first_day: int
    last_day: int
    confirmed_day: int
    load: int
    priority: float
    goals: int
    beneficiaries: int
    help: int
    strict_goals: bool
    strict_beneficiaries: bool
    strict_help: bool


def facts_of(listings: Sequence[Fact]) -> Facts:
    """Facts as arrays, for callers that hold a handful of listings."""
    return Facts(
        *(
            np.array([getattr(one, entry.name) for one in listings], dtype=_TYPES[entry.name])
            for entry in fields(Facts)
        )
    )


_BOOLEANS = ("member_open", "published", "exempt", "place_stated", "strict_goals",
             "strict_beneficiaries", "strict_help")  # fmt: skip
_BITS = ("goals", "beneficiaries", "help")
_TYPES: dict[str, type] = {
    **{entry.name: np.int64 for entry in fields(Facts)},
    **dict.fromkeys(_BOOLEANS, bool),
    **dict.fromkeys(_BITS, np.uint64),
    "priority": np.float64,
}


class Table:
    """Listings of one side; `row_of` gives the living row of an id."""

    def __init__(self, width: int, n_districts: int, n_features: int) -> None:
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self._dense = _Growing((width,), np.float32)
        self._districts = _Growing((n_districts,), np.float32)
        self._present = _Growing((n_features,), np.bool_)
        self._alive = _Growing((), np.bool_)
        self._facts = {name: _Growing((), kind) for name, kind in _TYPES.items()}
        self._columns = _Growing((), np.int32)
        self._values = _Growing((), np.float64)
        self._ends = _Growing((), np.int64)
        self._ends.append(np.zeros(1, np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def put(self, listing_id: str, made: Representation, fact: Fact) -> None:
        self.drop(listing_id)
        self.row_of[listing_id] = len(self.ids)
        self.ids.append(listing_id)
        self._dense.append(made.dense[None])
        self._districts.append(made.districts[None])
        self._present.append(made.present[None])
        self._alive.append(np.ones(1, bool))
        self._columns.append(made.stem_columns)
        self._values.append(made.stem_values)
        self._ends.append(np.array([len(self._columns.filled)], np.int64))
        for name, column in self._facts.items():
            column.append(np.array([getattr(fact, name)], dtype=_TYPES[name]))

    def drop(self, listing_id: str) -> None:
        row = self.row_of.pop(listing_id, None)
        if row is not None:
            self._alive.filled[row] = False

    def packed(self, into: "Table") -> "Table":
        """The living rows, in their order, written to an empty table."""
        stems = self.stems
        for listing_id, row in sorted(self.row_of.items(), key=lambda entry: entry[1]):
            span = slice(stems.indptr[row], stems.indptr[row + 1])
            made = Representation(
                self.dense[row], stems.indices[span], stems.data[span], self.districts[row],
                self.present[row],
            )  # fmt: skip
            fact = Fact(**{name: column.filled[row] for name, column in self._facts.items()})
            into.put(listing_id, made, fact)
        return into

    def set_fact(self, name: str, listing_id: str, value: float) -> None:
        self._facts[name].filled[self.row_of[listing_id]] = value

    def crossed_out(self) -> int:
        return len(self.ids) - len(self.row_of)

    @property
    def dense(self) -> NDArray[np.float32]:
        """Shape (n_rows, width)."""
        return self._dense.filled

    @property
    def districts(self) -> NDArray[np.float32]:
        """Shape (n_rows, n_districts), rows of length 1 or 0."""
        return self._districts.filled

    @property
    def present(self) -> NDArray[np.bool_]:
        """Shape (n_rows, n_features)."""
        return self._present.filled

    @property
    def alive(self) -> NDArray[np.bool_]:
        return self._alive.filled

    @property
    def stems(self) -> sp.csr_matrix:
        """Shape (n_rows, COLUMNS); a view, not a copy."""
        return sp.csr_matrix(
            (self._values.filled, self._columns.filled, self._ends.filled),
            shape=(len(self.ids), COLUMNS),
            copy=False,
        )

    def stem_row(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Columns and values of one row of `stems`."""
        start, end = self._ends.filled[row : row + 2]
        return self._columns.filled[start:end], self._values.filled[start:end]

    @property
    def facts(self) -> Facts:
        return Facts(**{name: column.filled for name, column in self._facts.items()})

    def rows(self, ids: Iterable[str]) -> Row:
        return np.array([self.row_of[entry] for entry in ids], dtype=np.intp)


class _Growing:
    """An array that is appended to; room doubles, so n appends copy at most 2n rows."""

    def __init__(self, shape: tuple[int, ...], kind: type) -> None:
        self._room: NDArray[Any] = np.zeros((16, *shape), dtype=kind)
        self._used = 0

    @property
    def filled(self) -> NDArray[Any]:
        return self._room[: self._used]

    def append(self, rows: NDArray[Any]) -> None:
        needed = self._used + len(rows)
        if needed > len(self._room):
            size = (max(needed, 2 * len(self._room)), *self._room.shape[1:])
            larger = np.zeros(size, dtype=self._room.dtype)
            larger[: self._used] = self.filled
            self._room = larger
        self._room[self._used : needed] = rows
        self._used = needed
