"""A scorer's weights laid out so that most of a score is one product of two rows (stage 4).

Row of a need: its dense columns times their weights, what an unknown feature must not cost, its
own numbers, 1. Row of a capability: its dense columns, what it knows, 1, its own numbers. Words and
places are added beside it. Of the lesser of two numbers the product takes the most it can be.
"""

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.scorer import COSINES, FEATURES, PartnershipScorer
from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.scalars import (
    CAPABILITY_READINGS,
    LESSER,
    NEED_READINGS,
    OF_CAPABILITY,
    OF_NEED,
)
from services.matcher.scoring.market.sides import Side
from services.matcher.scoring.text.represent import Representer

Reals = NDArray[np.float32]


class Weighting:
    """What estimates need of a scorer; unknown features add nothing."""

    def __init__(self, representer: Representer, scorer: PartnershipScorer) -> None:
        self._weight = dict(zip(FEATURES, scorer.coef_.tolist(), strict=True))
        self._neutral = dict(zip(FEATURES, scorer.neutral_.tolist(), strict=True))
        self.columns = np.zeros(representer.width, dtype=np.float32)
        for name, part in representer.parts.items():
            self.columns[part] = self._weight[name]
        self.offsets = np.array(
            [-self._weight[name] * self._neutral[name] for name in COSINES], dtype=np.float32
        )
        self.words, self.place = self._weight["words"], self._weight["place"]
        self.lesser = np.array([self._weight[name] for name in LESSER], dtype=np.float32)
        self._intercept = scorer.intercept_

    def of_needs(self, readings: Reals) -> Reals:
        """Log-odds that needs bring by themselves, without the start."""
        return self._own(readings, NEED_READINGS, len(OF_NEED)).astype(np.float32)

    def of_capabilities(self, readings: Reals) -> Reals:
        return self._own(readings, CAPABILITY_READINGS, len(OF_CAPABILITY)).astype(np.float32)

    def start(self) -> float:
        """Log-odds of a pair of which nothing is known, but for the lesser of both sides."""
        lesser = sum(self._weight[name] * self._neutral[name] for name in LESSER)
        return float(self._intercept - lesser)

    def by_reading(self, *, needs: bool) -> Reals:
        """Weights and neutral values of one side's own readings, shape (2, n)."""
        names = tuple(OF_NEED if needs else OF_CAPABILITY)
        told = [[values[name] for name in names] for values in (self._weight, self._neutral)]
        return np.array(told, dtype=np.float32).reshape(2, len(names))

    def most(self, readings: Reals) -> Reals:
        """The most that the lesser of both sides can add, shape (n, n_lesser)."""
        lesser = readings[:, len(OF_CAPABILITY) :]
        return np.asarray(np.where(self.lesser >= 0, self.lesser * lesser, 0.0), dtype=np.float32)

    def need_rows(self, needs: Side, rows: NDArray[np.intp], used: NDArray[np.intp]) -> Reals:
        """Shape (n_rows, n_used + n_cosines + 2), to be multiplied with `capability_rows`."""
        own = self.of_needs(needs.readings[rows]) + np.float32(self.start())
        return np.concatenate(
            [
                needs.dense[np.ix_(rows, used)] * self.columns[used],
                needs.present[rows] * self.offsets,
                own[:, None],
                np.ones((len(rows), 1), dtype=np.float32),
            ],
            axis=1,
        )

    def _own(self, readings: Reals, names: tuple[str, ...], count: int) -> NDArray[np.float64]:
        own = np.zeros(len(readings))
        for column, name in enumerate(names[:count]):
            away = readings[:, column].astype(np.float64) - self._neutral[name]
            own += self._weight[name] * np.nan_to_num(away)
        return own


def spans_of(used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where runs of True begin and end, shape (n_runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2).astype(np.int64)


@compiled
def capability_rows(
    offers: Side, rows: NDArray[np.int32], spans: NDArray[np.int64], own: Reals, made: Reals
) -> None:
    """Fill `made`, shape (n_rows, n_used + n_cosines + 2); `spans` are those of used columns."""
    n_cosines = offers.present.shape[1]
    for place in range(len(rows)):
        dense, filled = offers.dense[rows[place]], made[place]
        used = 0
        for span in range(len(spans)):
            start, end = spans[span]
            filled[used : used + end - start] = dense[start:end]
            used += end - start
        for at in range(n_cosines):
            filled[used + at] = offers.present[rows[place], at]
        filled[used + n_cosines] = 1.0
        filled[used + n_cosines + 1] = own[place]
