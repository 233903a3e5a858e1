"""Blocks of needs through the sieve, several at once (stage 4).

Every block is one thread's: its matrix products run on that thread alone, so that threads do not
wait for each other. Memory is bounded by block and tile, whatever the size of the market.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from services.matcher.scoring.market.market import Market
from services.matcher.scoring.market.shelf import Shelf, blocks
from services.matcher.scoring.market.sides import Side
from services.matcher.scoring.market.tables import Row
from services.matcher.scoring.market.weighting import Weighting, capability_rows, spans_of
from services.matcher.scoring.retrieval.best import Best, nothing_yet, tighten_all
from services.matcher.scoring.retrieval.sift import (
    Asked,
    Numbers,
    Reals,
    Tile,
    Words,
    block_words,
    sift,
    tile_words,
)

TILE = 2_048
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
Sides = tuple[Side, Side]


class Sifting:
    """One pass of many needs over some rows of the capability table."""

    def __init__(self, market: Market, sides: Sides, weighting: Weighting, rows: Row) -> None:
        self._market = market
        self._sides = sides
        self._weighting = weighting
        self._shelf = Shelf(sides[1], market.areas, rows)
        in_use = market.need_table.in_use & market.capability_table.in_use
        self._used = np.flatnonzero(in_use & (weighting.columns != 0))
        self._spans = spans_of(in_use & (weighting.columns != 0))
        self.pairs_computed = 0

    def best(
        self, need_rows: Row, least: NDArray[np.float64], top: int
    ) -> Iterator[tuple[Row, Best]]:
        """Blocks of the needs with what may be their best; `least` by row of the need table."""
        work = list(blocks(self._sides[0], need_rows))

        def sifted(rows: Row) -> tuple[Row, Best]:
            return rows, self._block(rows, nothing_yet(len(rows), top, least[rows]))

        with _blas().limit(limits=1, user_api="blas"):
            if THREADS == 1 or len(work) == 1:
                yield from map(sifted, work)
                return
            with ThreadPoolExecutor(THREADS) as pool:
                yield from pool.map(sifted, work)

    def _block(self, rows: Row, best: Best) -> Best:
        needs, offers = self._sides
        weighting = self._weighting
        offered = self._shelf.for_needs(
            int(needs.area[rows[0]]), anywhere=bool(needs.anywhere[rows[0]])
        )
        self.pairs_computed += len(rows) * len(offered.rows)
        ends, numbers, values, number_of, n_words = block_words(needs, rows, weighting.words)
        words = Words(ends, numbers, values)
        left = weighting.need_rows(needs, rows, self._used)
        room = Room(left.shape)
        asked = Asked(needs, offers, rows, self._market.apart(rows), weighting.lesser)
        for start in range(0, len(offered.rows), TILE):
            span = slice(start, start + TILE)
            tile = self._tile(offered.rows[span], offered.sectors[span])
            own = weighting.of_capabilities(offers.readings[tile.rows]) + tile.most.sum(axis=1)
            own += np.float32(weighting.place) * offered.near[span]
            right, odds = room.of(len(tile.rows))
            capability_rows(offers, tile.rows, self._spans, own, right)
            np.matmul(left, right.T, out=odds)
            posted = tile_words(offers, tile.rows, number_of, n_words)
            sift(odds, words, tile, posted, asked, best)
        tighten_all(best)
        return best

    def _tile(self, rows: Numbers, sectors: NDArray[np.int64]) -> Tile:
        last = np.append(sectors[1:] != sectors[:-1], True)
        most = self._weighting.most(self._sides[1].readings[rows])
        return Tile(rows, np.flatnonzero(last) + 1, sectors[last], most)


class Room:
    """Memory of one block, used again by each of its tiles."""

    def __init__(self, left: tuple[int, ...]) -> None:
        self._n_needs, self._width = left
        self._right = np.empty(TILE * self._width, dtype=np.float32)
        self._odds = np.empty(TILE * self._n_needs, dtype=np.float32)

    def of(self, n_rows: int) -> tuple[Reals, Reals]:
        """For rows of capabilities, and for log-odds by need and row."""
        right = self._right[: n_rows * self._width].reshape(n_rows, self._width)
        return right, self._odds[: n_rows * self._n_needs].reshape(self._n_needs, n_rows)


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController()
