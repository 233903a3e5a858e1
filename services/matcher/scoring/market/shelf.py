"""Needs and capabilities put in an order in which the rules cost nothing (stage 4).

Needs of one area form a block, which is computed against those capabilities only that it may meet;
these lie by sector, so that a need's own sector is one run that is passed over.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.areas import Areas, fits
from services.matcher.scoring.market.sides import Side
from services.matcher.scoring.market.tables import SECTOR, Row

BLOCK = 512
Numbers = NDArray[np.int32]
Reals = NDArray[np.float32]


class Offered(NamedTuple):
    """Capabilities that a block may meet, by sector: their rows, and the cosine of places."""

    rows: Numbers
    sectors: NDArray[np.int64]
    near: Reals


class Shelf:
    """Rows of sound capabilities by area."""

    def __init__(self, offers: Side, areas: Areas, rows: Row) -> None:
        order = np.lexsort((rows, offers.rules[rows, SECTOR], offers.area[rows]))
        self._rows: Numbers = rows[order].astype(np.int32)
        self._areas = areas
        self._area, starts = np.unique(offers.area[self._rows], return_index=True)
        self._sizes = np.diff(np.append(starts, len(rows)))
        self._offers = offers
        self._anywhere = offers.anywhere[self._rows]

    def for_needs(self, area: int, *, anywhere: bool) -> Offered:
        """What needs of this area may meet; all that there is, if the place rule is not asked."""
        fit = fits(self._areas.bits, np.array([area], dtype=np.int32), self._area)[0]
        near = np.repeat(fit, self._sizes)
        chosen = np.ones(len(near), dtype=bool) if anywhere else (near > 0) | self._anywhere
        rows, near = self._rows[chosen], near[chosen]
        sectors = self._offers.rules[rows, SECTOR]
        order = np.argsort(sectors, kind="stable")
        return Offered(rows[order], sectors[order], near[order])


def blocks(needs: Side, rows: Row) -> Iterator[Row]:
    """Rows of sound needs of one area each."""
    order = np.lexsort((rows, needs.rules[rows, SECTOR], needs.anywhere[rows], needs.area[rows]))
    rows = rows[order]
    kind = needs.area[rows].astype(np.int64) * 2 + needs.anywhere[rows]
    edges = np.flatnonzero(np.diff(kind)) + 1
    for same in np.split(rows, edges):
        for start in range(0, len(same), BLOCK):
            yield same[start : start + BLOCK]
