"""The best capabilities of a need, exactly (stage 4 of matching).

Two passes. A fast one estimates the log-odds of whole blocks of pairs with float32 products; its
rounding depends on the shape of the block. So whatever could be among the best is computed again
alone, in float64 and in one fixed order, and only that is compared and shown. The result is the
same for any block, batch or order of arrival.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from services.matcher.scoring.market import Market
from services.matcher.scoring.represent import Representer
from services.matcher.scoring.rules import CONFIRMED_DAYS, NEVER_CONFIRMED, broken
from services.matcher.scoring.scorer import COSINES, FEATURES, NEUTRAL, PartnershipScorer, logistic
from services.matcher.scoring.stems import COLUMNS
from services.matcher.scoring.tables import Facts, Row, Table

BLOCK = 256
MARGIN = 3e-4
"""Above the error of a float32 estimate and the rounding to 4 decimals together."""

Features = NDArray[np.float64]
Odds = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One need's best rows of the capability table, best first, ties by id."""

    rows: Row
    scores: Features
    features: Features


class Retriever:
    """Scores pairs of a market's tables by a scorer's weights."""

    def __init__(self, representer: Representer, scorer: PartnershipScorer) -> None:
        self._parts = representer.parts
        self._scorer = scorer
        self._weight = dict(zip(FEATURES, scorer.coef_.tolist(), strict=True))
        self._columns = np.zeros(representer.width, dtype=np.float32)
        for name, part in self._parts.items():
            self._columns[part] = self._weight[name]
        self._offsets = np.array(
            [-self._weight[name] * NEUTRAL[name] for name in COSINES], dtype=np.float32
        )

    def estimates(
        self, market: Market, need_rows: Row, columns: Row | None = None
    ) -> tuple[Odds, NDArray[np.uint16]]:
        """Log-odds and broken rules, shape (n_needs, n_capability_rows) or (n_needs, n_columns)."""
        needs, capabilities = market.need_table, market.capability_table
        rows: Row | slice = slice(None) if columns is None else columns
        day = market.as_of.toordinal()
        common = needs.districts[need_rows] @ capabilities.districts[rows].T
        odds: Odds = np.matmul(needs.dense[need_rows] * self._columns, capabilities.dense[rows].T)
        odds += (needs.present[need_rows] * self._offsets) @ capabilities.present[rows].T.astype(
            np.float32
        )
        odds += np.float32(self._weight["place"]) * common
        stems = capabilities.stems if columns is None else capabilities.stems[columns]
        odds += np.float32(self._weight["words"]) * _words(needs, need_rows, stems)
        facts, offered = needs.facts.take(need_rows), capabilities.facts.take(rows)
        fresh = np.minimum(_freshness(facts, day)[:, None], _freshness(offered, day))
        odds += (self._weight["freshness"] * (fresh - NEUTRAL["freshness"])).astype(np.float32)
        away = np.nan_to_num(facts.priority - NEUTRAL["priority"], nan=0.0)
        odds += (self._weight["priority"] * away)[:, None].astype(np.float32)
        load = self._weight["load"] * np.log1p(offered.load)
        odds += load.astype(np.float32) + np.float32(self._scorer.intercept_)
        return odds, broken(facts, offered, common, market.situation(need_rows, columns))

    def features(self, market: Market, need_row: int, rows: Row) -> Features:
        """Shape (n_rows, n_features), float64, unknown as NaN; independent of what else is asked."""
        needs, capabilities = market.need_table, market.capability_table
        made = np.full((len(rows), len(FEATURES)), np.nan)
        for name, part in self._parts.items():
            pair = capabilities.dense[rows, part].astype(np.float64) * needs.dense[need_row, part]
            made[:, COSINES.index(name)] = pair.sum(axis=1)
        made[:, COSINES.index("words")] = capabilities.stems[rows] @ _spread(needs, need_row)
        places = capabilities.districts[rows].astype(np.float64) * needs.districts[need_row]
        made[:, COSINES.index("place")] = places.sum(axis=1)
        known = capabilities.present[rows] & needs.present[need_row]
        made[:, : len(COSINES)][~known] = np.nan
        day = market.as_of.toordinal()
        own = _freshness(needs.facts.take(np.array([need_row])), day)
        facts = capabilities.facts.take(rows)
        made[:, FEATURES.index("freshness")] = np.minimum(own, _freshness(facts, day))
        made[:, FEATURES.index("priority")] = needs.facts.priority[need_row]
        made[:, FEATURES.index("load")] = np.log1p(facts.load)
        return made

    def best(self, market: Market, need_row: int, odds: Odds, top: int) -> Ranked:
        """The `top` best of one need; pairs that take no part have odds of minus infinity."""
        estimated = logistic(odds.astype(np.float64))
        part = np.isfinite(odds)
        if part.sum() > top > 0:
            least = np.partition(estimated[part], -top)[-top]
            part &= estimated >= least - MARGIN
        rows = np.flatnonzero(part)
        features = self.features(market, need_row, rows)
        scores = self._scorer.probability(features)
        ids = [market.capability_table.ids[row] for row in rows.tolist()]
        order = sorted(range(len(rows)), key=lambda place: (-scores[place], ids[place]))
        chosen = np.array(order[:top], dtype=np.intp)
        return Ranked(rows[chosen], scores[chosen], features[chosen])

    def proposals(self, market: Market, need_rows: Row, top: int) -> list[Ranked]:
        """The best allowed capabilities of each need, in blocks that bound the memory."""
        found = []
        for start in range(0, len(need_rows), BLOCK):
            block = need_rows[start : start + BLOCK]
            odds, bits = self.estimates(market, block)
            odds[(bits != 0) | ~market.capability_table.alive] = -np.inf
            found += [
                self.best(market, int(row), odds[place], top)
                for place, row in enumerate(block.tolist())
            ]
        return found

    def needs_with(self, market: Market, capability_row: int, top: int, least: float) -> Row:
        """Rows of the needs in whose `top` list the capability stands with at least that score."""
        alive = np.flatnonzero(market.need_table.alive)
        odds, bits = self.estimates(market, alive, np.array([capability_row], dtype=np.intp))
        could = (bits[:, 0] == 0) & (logistic(odds[:, 0].astype(np.float64)) >= least - MARGIN)
        rows = alive[could]
        return np.array(
            [
                row
                for row, ranked in zip(
                    rows.tolist(), self.proposals(market, rows, top), strict=True
                )
                if (ranked.scores[ranked.rows == capability_row] >= least).any()
            ],
            dtype=np.intp,
        )

    def needs_near(self, market: Market, capability_rows: Row, top: int, least: float) -> Row:
        """Rows of all needs in whose `top` list one of these may stand, by the fast pass alone.

        A few more than that, never one less; the cost does not grow with the capabilities asked
        for. The ones that no list could hold are sorted out first, by their own columns.
        """
        alive = np.flatnonzero(market.need_table.alive)
        found: list[Row] = [np.zeros(0, dtype=np.intp)]
        for start in range(0, len(alive), BLOCK):
            block = alive[start : start + BLOCK]
            odds, bits = self.estimates(market, block, capability_rows)
            could = (bits == 0) & (logistic(odds.astype(np.float64)) >= least - MARGIN)
            best = np.where(could, odds, -np.inf).max(axis=1, initial=-np.inf)
            any_could = could.any(axis=1)
            block, best = block[any_could], best[any_could]
            if len(block):
                found.append(block[self._reaches(market, block, best, top)])
        return np.concatenate(found)

    def _reaches(self, market: Market, block: Row, best: Odds, top: int) -> NDArray[np.bool_]:
        """Whether odds this good are among the `top` of each need, but for rounding."""
        odds, bits = self.estimates(market, block)
        odds[(bits != 0) | ~market.capability_table.alive] = -np.inf
        if odds.shape[1] <= top:
            return np.ones(len(block), dtype=np.bool_)
        last = np.partition(odds, -top, axis=1)[:, -top]
        reaches: NDArray[np.bool_] = (
            logistic(best.astype(np.float64)) >= logistic(last.astype(np.float64)) - MARGIN
        )
        return reaches


def _words(needs: Table, need_rows: Row, stems: sp.csr_matrix) -> Odds:
    """TF-IDF cosines, shape (n_needs, n_rows of stems)."""
    if len(need_rows) == 1:
        cosines = stems @ _spread(needs, int(need_rows[0]))
        return np.asarray(cosines, dtype=np.float32)[None]
    product: sp.csr_matrix = needs.stems[need_rows] @ stems.T
    return np.asarray(product.toarray(), dtype=np.float32)


def _spread(table: Table, row: int) -> Features:
    """One sparse row as a full vector."""
    columns, values = table.stem_row(row)
    spread: Features = np.zeros(COLUMNS)
    spread[columns] = values
    return spread


def _freshness(facts: Facts, day: int) -> Features:
    """1 on the day of confirmation, 0 after nine months, 1 where it is not tracked."""
    age = np.clip(day - facts.confirmed_day, 0, CONFIRMED_DAYS) / CONFIRMED_DAYS
    return np.where(facts.confirmed_day == NEVER_CONFIRMED, 1.0, 1.0 - age)
