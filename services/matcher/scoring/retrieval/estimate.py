"""The fast pass: which pairs may be among the best, with a margin for its rounding (stage 4).

Many needs are asked in blocks, by matrix products; a few are asked one by one, by a scan that
reads only what the rules allow. A few pairs too many are found, never one too few.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.scorer import PartnershipScorer
from services.matcher.scoring.market.areas import fits
from services.matcher.scoring.market.market import Market
from services.matcher.scoring.market.postings import Postings
from services.matcher.scoring.market.sides import Side, Wholes, side_of
from services.matcher.scoring.market.tables import Row, Table
from services.matcher.scoring.market.weighting import Weighting
from services.matcher.scoring.retrieval.best import nothing_yet, somewhat_below, tighten_all
from services.matcher.scoring.retrieval.scan import (
    Probe,
    choose,
    likely,
    needs_reached,
    offers_allowed,
)
from services.matcher.scoring.retrieval.sifting import Sifting
from services.matcher.scoring.text.represent import Representer

FEW = 24
"""From so many needs on, blocks are quicker than one scan after the other."""
LEAST_BLOCK = 6
"""Needs of one area that are asked together; fewer are asked one by one."""
Odds = NDArray[np.float64]


class Pairs(NamedTuple):
    """Rows of both tables, pair by pair."""

    needs: Row
    capabilities: Row


class Estimates:
    """Float32 log-odds by a scorer's weights."""

    def __init__(self, representer: Representer, scorer: PartnershipScorer) -> None:
        self._weighting = Weighting(representer, scorer)

    def best(self, market: Market, need_rows: Row, top: int) -> Pairs:
        """What may be among the `top` best of each of these needs, which are all different."""
        sides = sides_of(market)
        rows = need_rows[sides[0].sound[need_rows]]
        alone = rows if len(rows) < FEW else few_of_area(sides[0], rows)
        found = [self._best_of_one(market, sides, int(row), top) for row in alone]
        if len(alone) == len(rows):
            return _joined(found)
        rows = np.setdiff1d(rows, alone)
        least = np.full(len(sides[0].sound), -np.inf)
        sifting = Sifting(market, sides, self._weighting, np.flatnonzero(sides[1].sound))
        for block, best in sifting.best(rows, least, top):
            kept = (np.arange(best.rows.shape[1]) < best.held[:, None]) & ~best.crowded[:, None]
            places, columns = np.nonzero(kept)
            found.append(Pairs(block[places], best.rows[places, columns].astype(np.intp)))
            found += [self._all_of_one(market, sides, int(row), top) for row in block[best.crowded]]
        return _joined(found)

    def needs_reached(self, market: Market, capability_rows: Row, least: Odds) -> Row:
        """Rows of the needs that score `least` (log-odds by row of the need) or more with any."""
        sides = sides_of(market)
        sound = capability_rows[sides[1].sound[capability_rows]]
        if len(sound) < FEW:
            found = [self._needs_of_one(market, sides, int(row), least) for row in sound]
            return np.unique(np.concatenate([np.zeros(0, dtype=np.intp), *found]))
        rows = np.flatnonzero(sides[0].sound & (least < np.inf))
        sifting = Sifting(market, sides, self._weighting, sound)
        reached = [
            block[(best.held > 0) | best.crowded] for block, best in sifting.best(rows, least, 1)
        ]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.intp), *reached]))

    def _best_of_one(self, market: Market, sides: tuple[Side, Side], row: int, top: int) -> Pairs:
        best = nothing_yet(1, top, np.array([-np.inf]))
        probe = self._need_probe(market, sides, row)
        found = likely(probe, *sides, True)
        choose(found, row, rules_of(sides), market.apart(np.array([row])), best)
        if best.crowded[0]:
            return self._all_of_one(market, sides, row, top)
        tighten_all(best)
        rows = best.rows[0, : best.held[0]].astype(np.intp)
        return Pairs(np.full(len(rows), row, dtype=np.intp), rows)

    def _all_of_one(self, market: Market, sides: tuple[Side, Side], row: int, top: int) -> Pairs:
        """The same with all equals of the k-th best, however many."""
        probe = self._need_probe(market, sides, row)
        found = likely(probe, *sides, True)
        allowed = offers_allowed(found, row, rules_of(sides), market.apart(np.array([row])))
        rows, odds = found[0][allowed], found[1][allowed]
        if len(odds) > top:
            least = somewhat_below(float(np.partition(odds, len(odds) - top)[len(odds) - top]))
            rows = rows[odds >= least]
        return Pairs(np.full(len(rows), row, dtype=np.intp), rows.astype(np.intp))

    def _needs_of_one(self, market: Market, sides: tuple[Side, Side], row: int, least: Odds) -> Row:
        weighting = self._weighting
        readings = sides[1].readings[row : row + 1]
        own = weighting.start() + float(weighting.of_capabilities(readings)[0])
        tables = market.capability_table, market.need_table
        others = weighting.by_reading(needs=True)
        probe = self._probe(market, tables, (row, own, others), market.need_words)
        found = likely(probe, *sides[::-1], False)
        return needs_reached(found, row, rules_of(sides), market.apart_from(row), least)

    def _need_probe(self, market: Market, sides: tuple[Side, Side], row: int) -> Probe:
        weighting = self._weighting
        own = weighting.start() + float(weighting.of_needs(sides[0].readings[row : row + 1])[0])
        tables = market.need_table, market.capability_table
        others = weighting.by_reading(needs=False)
        return self._probe(market, tables, (row, own, others), market.capability_words)

    def _probe(
        self,
        market: Market,
        tables: tuple[Table, Table],
        asked: tuple[int, float, NDArray[np.float32]],
        postings: Postings,
    ) -> Probe:
        own, others = tables
        weighting = self._weighting
        row, odds, by_reading = asked
        columns = own.dense[row] * weighting.columns
        area = own.area[row : row + 1]
        every = np.arange(len(market.areas), dtype=np.int32)
        words = postings.cosines(others, *own.stem_row(row))
        return Probe(
            row, columns, own.present[row] * weighting.offsets,
            fits(market.areas.bits, area, every)[0], words, postings.built, odds, by_reading,
            (weighting.words, weighting.place), weighting.lesser,
        )  # fmt: skip


def sides_of(market: Market) -> tuple[Side, Side]:
    return side_of(market.need_table), side_of(market.capability_table)


def few_of_area(needs: Side, rows: Row) -> Row:
    """Those of which there are too few in one area for a block of their own to be worth it."""
    kind = needs.area[rows].astype(np.int64) * 2 + needs.anywhere[rows]
    _, of_kind, counts = np.unique(kind, return_inverse=True, return_counts=True)
    return np.asarray(rows[counts[of_kind] < LEAST_BLOCK])


def rules_of(sides: tuple[Side, Side]) -> tuple[Wholes, Wholes]:
    return sides[0].rules, sides[1].rules


def _joined(found: list[Pairs]) -> Pairs:
    nothing = np.zeros(0, dtype=np.intp)
    return Pairs(
        np.concatenate([nothing, *(one.needs for one in found)]),
        np.concatenate([nothing, *(one.capabilities for one in found)]),
    )
