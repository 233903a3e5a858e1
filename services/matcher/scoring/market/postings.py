"""Which rows have a stem: words of one listing against all others in one pass (stage 4).

Built for the rows a table has, then left alone: the rows since then are few and are asked one by
one, until there are enough of them to build it anew.
"""

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.tables import Table
from services.matcher.scoring.text.stems import COLUMNS

MOST_LATE = 2_048
"""Rows that may wait: asking so many one by one costs about as much as the rest of a question."""

Ends = NDArray[np.int64]
Rows = NDArray[np.int32]
Reals = NDArray[np.float32]


class Postings:
    """The rows of one table by stem, up to `built`."""

    def __init__(self) -> None:
        self.built = 0
        self._ends: Ends = np.zeros(0, dtype=np.int64)
        self._rows: Rows = np.zeros(0, dtype=np.int32)
        self._values: Reals = np.zeros(0, dtype=np.float32)

    def cosines(self, table: Table, columns: Rows, values: Reals) -> Reals:
        """Shape (n_rows,), 0 for the rows after `built`."""
        if len(table) > self.built + MOST_LATE:
            ends, stems, weights = table.stem_rows()
            self._ends, self._rows, self._values = _turned(ends, stems, weights, COLUMNS)
            self.built = len(table)
        found = np.zeros(len(table), dtype=np.float32)
        if self.built:
            _add(self._ends, self._rows, self._values, (columns, values), found)
        return found

    def nbytes(self) -> int:
        return self._ends.nbytes + self._rows.nbytes + self._values.nbytes


@compiled
def _turned(ends: Ends, columns: Rows, values: Reals, n_columns: int) -> tuple[Ends, Rows, Reals]:
    """A sparse matrix by columns instead of rows; rows stay in their order."""
    starts = np.zeros(n_columns + 1, dtype=np.int64)
    for column in columns:
        starts[column + 1] += 1
    for column in range(n_columns):
        starts[column + 1] += starts[column]
    rows = np.empty(len(columns), dtype=np.int32)
    turned = np.empty(len(columns), dtype=np.float32)
    free = starts[:-1].copy()
    for row in range(len(ends) - 1):
        for at in range(ends[row], ends[row + 1]):
            place = free[columns[at]]
            rows[place] = row
            turned[place] = values[at]
            free[columns[at]] = place + 1
    return starts, rows, turned


@compiled
def _add(ends: Ends, rows: Rows, values: Reals, asked: tuple[Rows, Reals], found: Reals) -> None:
    columns, weights = asked
    for place in range(len(columns)):
        weight = weights[place]
        for at in range(ends[columns[place]], ends[columns[place] + 1]):
            found[rows[at]] += weight * values[at]
