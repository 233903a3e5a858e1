"""One side of the market as arrays: a row per listing, appended and crossed out, never moved.

A changed listing gets a new row and its old one is crossed out, so a change costs what one row
costs; the table is packed when half of it is crossed out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from services.matcher.scoring.market.areas import Areas
from services.matcher.scoring.market.growing import Growing
from services.matcher.scoring.text.represent import Representation
from services.matcher.scoring.text.stems import COLUMNS

Row = NDArray[np.intp]

MEMBER, SECTOR, EXEMPT, MASKS, STRICT = 0, 1, 2, 3, 6
"""Columns of `Table.rules`; of masks and of strict flags there are three each."""
_RULES = ("member", "sector", "exempt", "goals", "beneficiaries", "help", "strict_goals",
          "strict_beneficiaries", "strict_help")  # fmt: skip


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
        return Facts(*(getattr(self, name)[rows] for name in _TYPES))


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
            np.array([getattr(one, name) for one in listings], dtype=kind)
            for name, kind in _TYPES.items()
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
    """Listings of one side, capabilities if it `offers`; `row_of` gives the living row of an id.

    `shape` is how many features a row may know and how many readings it has.
    """

    def __init__(self, width: int, areas: Areas, shape: tuple[int, int], *, offers: bool) -> None:
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.areas = areas
        self.offers = offers
        self.in_use = np.zeros(width, dtype=bool)
        """Columns of `dense` that any row fills: the others need not be multiplied."""
        self._dense = Growing((width,), np.float32)
        self._area = Growing((), np.int32)
        self._present = Growing((shape[0],), np.bool_)
        self._alive = Growing((), np.bool_)
        self._sound = Growing((), np.bool_)
        self._readings = Growing((shape[1],), np.float32)
        self._anywhere = Growing((), np.bool_)
        self._rules = Growing((len(_RULES),), np.int64)
        self._facts = {name: Growing((), kind) for name, kind in _TYPES.items()}
        self._columns = Growing((), np.int32)
        self._values = Growing((), np.float32)
        self._ends = Growing((), np.int64)
        self._ends.append(np.zeros(1, np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def put(
        self, ids: Sequence[str], made: Sequence[Representation], facts: Sequence[Fact]
    ) -> None:
        """Rows of listings, in the order given; an id given twice keeps its last."""
        if not ids:
            return
        for listing_id in ids:
            self.drop(listing_id)
            self.row_of[listing_id] = len(self.ids)
            self.ids.append(listing_id)
        dense = np.stack([one.dense for one in made])
        self.in_use |= (dense != 0).any(axis=0)
        self._dense.append(dense)
        self._area.append(self._areas_of(made))
        self._present.append(np.stack([one.present for one in made]))
        self._append_stems(made)
        self._append_facts(ids, facts_of(facts))

    def _areas_of(self, made: Sequence[Representation]) -> NDArray[np.int32]:
        """Thousands of listings share the very array of their districts."""
        rows = {id(one.districts): one.districts for one in made}
        numbers = {key: self.areas.number(districts) for key, districts in rows.items()}
        return np.array([numbers[id(one.districts)] for one in made], np.int32)

    def _append_stems(self, made: Sequence[Representation]) -> None:
        start = len(self._columns)
        self._columns.append(np.concatenate([one.stem_columns for one in made]))
        self._values.append(np.concatenate([one.stem_values for one in made]).astype(np.float32))
        self._ends.append(start + np.cumsum([len(one.stem_columns) for one in made]))

    def _append_facts(self, ids: Sequence[str], facts: Facts) -> None:
        first = len(self.ids) - len(ids)
        living = [self.row_of[one] == row for row, one in enumerate(ids, first)]
        self._alive.append(np.array(living))
        self._sound.append(np.zeros(len(ids), bool))
        self._readings.append(np.zeros((len(ids), self.readings.shape[1]), np.float32))
        remote = facts.exempt if self.offers else np.zeros(len(ids), bool)
        self._anywhere.append(remote | ~facts.place_stated)
        asked = [getattr(facts, name).astype(np.int64) for name in _RULES]
        self._rules.append(np.stack(asked, axis=1))
        for name, column in self._facts.items():
            column.append(getattr(facts, name))

    def drop(self, listing_id: str) -> int | None:
        """The row that was crossed out, if there was one."""
        row = self.row_of.pop(listing_id, None)
        if row is not None:
            self._alive.filled[row] = False
            self._sound.filled[row] = False
        return row

    def packed(self) -> "Table":
        """The living rows, in their order, in a table of their own."""
        rows = np.flatnonzero(self.alive)
        stems = self.stems[rows]
        shape = self.present.shape[1], self.readings.shape[1]
        into = Table(self.dense.shape[1], self.areas, shape, offers=self.offers)
        into.ids = [self.ids[row] for row in rows.tolist()]
        into.row_of = {listing_id: row for row, listing_id in enumerate(into.ids)}
        into.in_use = self.in_use.copy()
        for name in ("_dense", "_area", "_present", "_alive", "_sound", "_readings",
                     "_anywhere", "_rules"):  # fmt: skip
            getattr(into, name).append(getattr(self, name).filled[rows])
        for name, column in into._facts.items():
            column.append(self._facts[name].filled[rows])
        into._columns.append(stems.indices)
        into._values.append(stems.data)
        into._ends.append(stems.indptr[1:].astype(np.int64))
        return into

    def set_fact(self, name: str, row: int, value: float) -> None:
        self._facts[name].filled[row] = value

    def crossed_out(self) -> int:
        return len(self.ids) - len(self.row_of)

    def nbytes(self) -> int:
        """Bytes of the arrays' filled rows."""
        columns = (self._dense, self._area, self._present, self._alive, self._sound, self._readings,
                   self._anywhere, self._rules,
                   self._columns, self._values, self._ends, *self._facts.values())  # fmt: skip
        return sum(column.filled.nbytes for column in columns)

    @property
    def dense(self) -> NDArray[np.float32]:
        """Shape (n_rows, width)."""
        return self._dense.filled

    @property
    def area(self) -> NDArray[np.int32]:
        """Shape (n_rows,), numbers of `areas`."""
        return self._area.filled

    @property
    def present(self) -> NDArray[np.bool_]:
        """Shape (n_rows, n_features)."""
        return self._present.filled

    @property
    def alive(self) -> NDArray[np.bool_]:
        return self._alive.filled

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Alive and breaking no rule by itself on the day; written by who knows the rules."""
        return self._sound.filled

    @property
    def readings(self) -> NDArray[np.float32]:
        """Shape (n_rows, n_readings): what of a listing enters scores as a number, on the day."""
        return self._readings.filled

    @property
    def anywhere(self) -> NDArray[np.bool_]:
        """Whether the place rule does not ask: nobody stated a place, or it is remote."""
        return self._anywhere.filled

    @property
    def rules(self) -> NDArray[np.int64]:
        """Shape (n_rows, 9): what the rules ask of pairs, columns as named above."""
        return self._rules.filled

    @property
    def stems(self) -> sp.csr_matrix:
        """Shape (n_rows, COLUMNS); a view, not a copy."""
        return sp.csr_matrix(
            (self._values.filled, self._columns.filled, self._ends.filled),
            shape=(len(self.ids), COLUMNS),
            copy=False,
        )

    def stem_row(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Columns and values of one row of `stems`."""
        start, end = self._ends.filled[row : row + 2]
        return self._columns.filled[start:end], self._values.filled[start:end]

    def stem_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Ends, columns and values of all rows, as a sparse matrix has them."""
        return self._ends.filled, self._columns.filled, self._values.filled

    @property
    def facts(self) -> Facts:
        return Facts(*(column.filled for column in self._facts.values()))

    def rows(self, ids: Iterable[str]) -> Row:
        return np.array([self.row_of[entry] for entry in ids], dtype=np.intp)
