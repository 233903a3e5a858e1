"""What the last of each need's list scored, so that a newcomer is compared with one number.

A list that was made stays a lower bound while all who stand in it stay as they are: whoever came
since can only have pushed its last score up. One that may have lost somebody is forgotten.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.growing import Growing
from services.matcher.scoring.market.tables import Row

MOST = 32
"""Lists longer than this are not kept."""
NOBODY = -1


class Kept:
    """By row of the need table: rows of the capabilities in its list, and their scores."""

    def __init__(self) -> None:
        self._rows = Growing((MOST,), np.int32)
        self._scores = Growing((MOST,), np.float32)
        self._top = Growing((), np.int16)

    def keep(
        self, need_rows: Row, lists: Sequence[tuple[Row, NDArray[np.float64]]], top: int
    ) -> None:
        """Lists of `top` places, some of which may be empty."""
        if top > MOST or not len(need_rows):
            return
        self._reach(int(need_rows.max()) + 1)
        for row, (rows, scores) in zip(need_rows.tolist(), lists, strict=True):
            if top < self._top.filled[row]:
                continue
            self._top.filled[row] = top
            self._rows.filled[row] = NOBODY
            self._scores.filled[row] = 0.0
            self._rows.filled[row, : len(rows)] = rows
            self._scores.filled[row, : len(rows)] = scores

    def floors(self, n_needs: int, top: int, least: float) -> NDArray[np.float64]:
        """Shape (n_needs,): the score from which on a newcomer may enter, `least` or more."""
        floors = np.full(n_needs, least)
        if 0 < top <= MOST:
            known = self._top.filled >= top
            lasts = np.where(known, self._scores.filled[:, top - 1], 0.0)
            floors[: len(lasts)] = np.maximum(lasts, least)
        return floors

    def forget(self, capability_rows: Row, n_capabilities: int) -> None:
        """Lists in which one of these stands."""
        if len(self._top) and len(capability_rows):
            moved = np.zeros(n_capabilities, dtype=np.bool_)
            moved[capability_rows] = True
            _forget(self._rows.filled, moved, self._top.filled)

    def forget_needs(self, need_rows: Row) -> None:
        known = need_rows[need_rows < len(self._top)]
        self._top.filled[known] = 0

    def clear(self) -> None:
        self._top.filled[:] = 0

    def nbytes(self) -> int:
        return sum(one.filled.nbytes for one in (self._rows, self._scores, self._top))

    def _reach(self, n_needs: int) -> None:
        missing = n_needs - len(self._top)
        if missing > 0:
            self._rows.append(np.full((missing, MOST), NOBODY, dtype=np.int32))
            self._scores.append(np.zeros((missing, MOST), dtype=np.float32))
            self._top.append(np.zeros(missing, dtype=np.int16))


@compiled
def _forget(rows: NDArray[np.int32], moved: NDArray[np.bool_], tops: NDArray[np.int16]) -> None:
    for need in range(len(tops)):
        for place in range(tops[need]):
            row = rows[need, place]
            if row >= 0 and moved[row]:
                tops[need] = 0
                break
