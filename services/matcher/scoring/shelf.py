"""Needs and capabilities put in an order in which the rules cost nothing (stage 4).

Needs are cut into blocks of one sector and few areas; each block is computed against those groups
of capabilities only that some need of it may meet.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.areas import Areas, fits
from services.matcher.scoring.sides import Side
from services.matcher.scoring.sift import Groups, Numbers, Reals
from services.matcher.scoring.tables import Row

BLOCK, LEAST_BLOCK = 512, 128
MOST_CELLS = 1 << 23
"""Of kinds of need by groups of capabilities in one block, so that memory stays bounded."""


class Shelf:
    """Rows of sound capabilities by area and sector."""

    def __init__(self, offers: Side, areas: Areas, rows: Row) -> None:
        kind = offers.area[rows].astype(np.int64) * 2 + offers.anywhere[rows]
        order = np.lexsort((rows, offers.sector[rows], kind, areas.first[offers.area[rows]]))
        self.rows: Numbers = rows[order].astype(np.int32)
        kind, sector = kind[order], offers.sector[self.rows]
        fresh = np.ones(len(rows), dtype=bool)
        fresh[1:] = (kind[1:] != kind[:-1]) | (sector[1:] != sector[:-1])
        starts = np.flatnonzero(fresh)
        ends = np.append(starts[1:], len(rows)).astype(np.int64)
        first = self.rows[starts]
        self.groups = Groups(
            starts.astype(np.int64), ends, offers.area[first], offers.anywhere[first],
            offers.sector[first],
        )  # fmt: skip
        self._areas = areas

    def kinds(self, needs: Side, rows: Row) -> tuple[Numbers, Reals, NDArray[np.bool_]]:
        """Which kind each need is of; by kind and group the cosine of places, and whether the
        place rule lets them meet.
        """
        code = needs.area[rows].astype(np.int64) * 2 + needs.anywhere[rows]
        kinds, kind = np.unique(code, return_inverse=True)
        offered, group = np.unique(self.groups.area, return_inverse=True)
        near = fits(self._areas.bits, (kinds // 2).astype(np.int32), offered)[:, group]
        meet = (near > 0) | (kinds % 2 == 1)[:, None] | self.groups.anywhere
        return kind.astype(np.int32), near, meet

    def columns(self, chosen: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
        """Rows of the chosen groups in their order, and the group of each."""
        sizes = self.groups.ends - self.groups.starts
        mask = np.repeat(chosen, sizes)
        return self.rows[mask], np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[mask]


def blocks(needs: Side, areas: Areas, rows: Row, n_groups: int) -> Iterator[Row]:
    """Rows of sound needs, those of one sector and of places side by side together."""
    area = needs.area[rows]
    sector = needs.sector[rows] * 2 + needs.exempt[rows]
    order = np.lexsort((rows, needs.anywhere[rows], area, areas.first[area], sector))
    rows, sector, area = rows[order], sector[order], area[order]
    most_kinds = max(1, MOST_CELLS // max(1, n_groups))
    kind = np.cumsum(np.append(0, (area[1:] != area[:-1]) | (sector[1:] != sector[:-1])))
    start = 0
    while start < len(rows):
        end = min(start + BLOCK, len(rows))
        end = min(end, int(np.searchsorted(kind, kind[start] + most_kinds)))
        end = max(end, start + 1)
        other = start + int(np.searchsorted(sector[start:end], sector[start], side="right"))
        if other - start >= LEAST_BLOCK:
            end = other
        yield rows[start:end]
        start = end
