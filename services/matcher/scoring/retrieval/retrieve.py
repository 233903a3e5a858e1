"""The best capabilities of a need, exactly (stage 4 of matching).

Two passes. A fast one estimates the log-odds of pairs in float32; its rounding depends on how
pairs are put together. So whatever could be among the best is computed again alone, in float64 and
in one fixed order, and only that is compared and shown. The result is the same for any block,
batch or order of arrival.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.scorer import FEATURES, PartnershipScorer
from services.matcher.scoring.market.areas import fits
from services.matcher.scoring.market.compiled import keep_compiled
from services.matcher.scoring.market.market import Market
from services.matcher.scoring.market.rules import broken
from services.matcher.scoring.market.tables import Row
from services.matcher.scoring.retrieval.best import MARGIN, somewhat_below
from services.matcher.scoring.retrieval.estimate import Estimates, Pairs
from services.matcher.scoring.retrieval.pairs import features_of, parts_of
from services.matcher.scoring.text.represent import Representer

Features = NDArray[np.float64]
Odds = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One need's best rows of the capability table, best first, ties by id."""

    rows: Row
    scores: Features
    features: Features


NOTHING = Ranked(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros((0, len(FEATURES))))


class Retriever:
    """Scores pairs of a market's tables by a scorer's weights."""

    def __init__(self, representer: Representer, scorer: PartnershipScorer) -> None:
        keep_compiled()
        self._parts = parts_of(representer.parts)
        self._scorer = scorer
        self._estimates = Estimates(representer, scorer)

    def estimates(
        self, market: Market, need_rows: Row, columns: Row | None = None
    ) -> tuple[Odds, NDArray[np.uint16]]:
        """Log-odds and broken rules, shape (n_needs, n_capability_rows) or (n_needs, n_columns).

        Of every pair, refused or not: for a need or two, or a handful of capabilities.
        """
        needs, capabilities = market.need_table, market.capability_table
        rows = np.arange(len(capabilities)) if columns is None else columns
        scorer = self._scorer
        odds = np.array(
            [scorer.parts(self.features(market, int(need), rows)).sum(axis=1) + scorer.intercept_
             for need in need_rows]
        ).reshape(len(need_rows), len(rows))  # fmt: skip
        areas, offered = market.areas, capabilities.area[rows]
        common = fits(areas.bits, needs.area[need_rows], offered)
        facts = needs.facts.take(need_rows), capabilities.facts.take(rows)
        return odds, broken(*facts, common, market.situation(need_rows, columns))

    def features(self, market: Market, need_row: int, rows: Row) -> Features:
        """Shape (n_rows, n_features), float64, unknown as NaN; independent of what else is asked."""
        return self._features(market, Pairs(np.full(len(rows), need_row, dtype=np.intp), rows))

    def best(self, market: Market, need_row: int, odds: Odds, top: int) -> Ranked:
        """The `top` best of one need; pairs that take no part have odds of minus infinity."""
        rows = np.flatnonzero(np.isfinite(odds))
        if len(rows) > top > 0:
            kth = np.partition(odds[rows], len(rows) - top)[len(rows) - top]
            rows = rows[odds[rows] >= somewhat_below(float(kth))]
        pairs = Pairs(np.full(len(rows), need_row, dtype=np.intp), rows)
        return self._ranked(market, np.array([need_row]), pairs, top)[0]

    def proposals(self, market: Market, need_rows: Row, top: int) -> list[Ranked]:
        """The best allowed capabilities of each need."""
        if top <= 0 or not len(need_rows):
            return [NOTHING] * len(need_rows)
        asked, places = np.unique(need_rows, return_inverse=True)
        ranked = self._ranked(market, asked, self._estimates.best(market, asked, top), top)
        market.kept.keep(asked, [(one.rows, one.scores) for one in ranked], top)
        return [ranked[place] for place in places.tolist()]

    def needs_of(self, market: Market, capability_row: int, top: int) -> Ranked:
        """The best needs of one capability that no rule refuses, as rows of the need table."""
        needs, offers = market.need_table, market.capability_table
        rows, column = np.flatnonzero(needs.sound), np.array([capability_row], dtype=np.intp)
        common = fits(market.areas.bits, needs.area[rows], offers.area[column])
        facts = needs.facts.take(rows), offers.facts.take(column)
        refused = broken(*facts, common, market.situation(rows, column))[:, 0]
        free = rows[refused == 0]
        pairs = Pairs(free, np.full(len(free), capability_row, dtype=np.intp))
        features = self._features(market, pairs)
        scores = self._scorer.probability(features)
        order = sorted(range(len(free)), key=lambda place: (-scores[place], needs.ids[free[place]]))
        best = np.array(order[:top], dtype=np.intp)
        return Ranked(free[best], scores[best], features[best])

    def needs_with(self, market: Market, capability_row: int, top: int, least: float) -> Row:
        """Rows of the needs in whose `top` list the capability stands with at least that score."""
        rows = self.needs_near(market, np.array([capability_row], dtype=np.intp), top, least)
        ranked = self.proposals(market, rows, top)
        stands = [bool((one.scores[one.rows == capability_row] >= least).any()) for one in ranked]
        return np.asarray(rows[np.array(stands, dtype=bool)])

    def needs_near(self, market: Market, capability_rows: Row, top: int, least: float) -> Row:
        """Rows of all needs in whose `top` list one of these may stand.

        A few more than that, never one less. Needs whose list was made before are told by what the
        last of it scored; of the others all that score `least` are named.
        """
        floors = market.kept.floors(len(market.need_table), top, least)
        return self._estimates.needs_reached(market, capability_rows, _log_odds_below(floors))

    def _features(self, market: Market, pairs: Pairs) -> Features:
        tables = market.need_table, market.capability_table
        return features_of(tables, pairs.needs, pairs.capabilities, self._parts)

    def _ranked(self, market: Market, asked: Row, pairs: Pairs, top: int) -> list[Ranked]:
        """Of each need asked, ascending rows, the `top` best of its pairs."""
        features = self._features(market, pairs)
        scores = self._scorer.probability(features)
        ids = market.capability_table.ids
        named = np.unique(pairs.capabilities)
        by_id = np.array(sorted(range(len(named)), key=lambda place: ids[named[place]]), dtype=int)
        rank = np.empty(len(named), dtype=np.intp)
        rank[by_id] = np.arange(len(named))
        ties = rank[np.searchsorted(named, pairs.capabilities)]
        order = np.lexsort((ties, -scores, pairs.needs))
        rows, scores, features = pairs.capabilities[order], scores[order], features[order]
        starts = np.searchsorted(pairs.needs[order], asked, side="left").tolist()
        ends = np.searchsorted(pairs.needs[order], asked, side="right").tolist()
        spans = [
            slice(start, min(end, start + top)) for start, end in zip(starts, ends, strict=True)
        ]
        return [Ranked(rows[span], scores[span], features[span]) for span in spans]


def _log_odds_below(floors: Odds) -> Odds:
    """Log-odds of scores a margin lower; minus infinity for what is 0 or less then."""
    lower = np.clip(floors - MARGIN, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(lower) - np.log1p(-lower))
