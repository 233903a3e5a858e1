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

from services.matcher.scoring.best import Best, nothing_yet, tighten_all
from services.matcher.scoring.market import Market
from services.matcher.scoring.shelf import Shelf, blocks
from services.matcher.scoring.sides import Side
from services.matcher.scoring.sift import Asked, Block, Numbers, Tile, block_words, sift, tile_words
from services.matcher.scoring.tables import Row
from services.matcher.scoring.weighting import Weighting, capability_rows

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
        self.pairs_computed = 0

    def best(
        self, need_rows: Row, least: NDArray[np.float64], top: int
    ) -> Iterator[tuple[Row, Best]]:
        """Blocks of the needs with what may be their best; `least` by row of the need table."""
        n_groups = len(self._shelf.groups.starts)
        work = list(blocks(self._sides[0], self._market.areas, need_rows, n_groups))

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
        shelf, weighting = self._shelf, self._weighting
        kind, near, meet = shelf.kinds(needs, rows)
        ends, words, values, number_of, n_words = block_words(needs, rows, weighting.words)
        near *= np.float32(weighting.place)
        block = Block(kind, near, meet, ends, words, values, n_words)
        chosen, groups = shelf.columns(meet.any(axis=0) & self._other_sector(rows))
        self.pairs_computed += len(rows) * len(chosen)
        left = weighting.need_rows(needs, rows, self._used)
        right_room = np.empty(TILE * left.shape[1], dtype=np.float32)
        odds_room = np.empty(TILE * len(rows), dtype=np.float32)
        asked = Asked(needs, offers, rows, self._market.apart(rows), weighting.lesser)
        for start in range(0, len(chosen), TILE):
            tile = self._tile(chosen[start : start + TILE], groups[start : start + TILE])
            shape = len(tile.rows), left.shape[1]
            right = right_room[: shape[0] * shape[1]].reshape(shape)
            own = weighting.of_capabilities(offers.readings[tile.rows]) + tile.most.sum(axis=1)
            capability_rows(offers, tile.rows, self._used, own, right)
            odds = odds_room[: len(rows) * shape[0]].reshape(len(rows), shape[0])
            np.matmul(left, right.T, out=odds)
            posted = tile_words(offers, tile.rows, number_of, n_words)
            sift(odds, block, tile, shelf.groups, posted, asked, best)
        tighten_all(best)
        return best

    def _other_sector(self, rows: Row) -> NDArray[np.bool_]:
        """Groups that the sector rule leaves to any of the needs."""
        needs = self._sides[0]
        sectors = np.unique(needs.sector[rows])
        groups = self._shelf.groups
        if len(sectors) > 1 or needs.exempt[rows].any():
            return np.ones(len(groups.sector), dtype=bool)
        return np.asarray(groups.sector != sectors[0])

    def _tile(self, rows: Numbers, groups: Numbers) -> Tile:
        last = np.append(groups[1:] != groups[:-1], True)
        most = self._weighting.most(self._sides[1].readings[rows])
        return Tile(rows, np.flatnonzero(last) + 1, groups[last], most)


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController()
