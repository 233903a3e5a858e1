"""How good ranked lists are, and whether one method is better than another by more than chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 5_000
SEED = 20261201


@dataclass(frozen=True, slots=True)
class Figures:
    """One value a query, each of shape (n_queries,)."""

    ndcg: Floats
    recall: Floats
    precision: Floats  # average precision: its mean is MAP


def figures_of(scores: Floats, grades: NDArray[np.int64]) -> Figures:
    """nDCG@10 with gains 2^grade − 1, recall@10 and average precision of the whole list.

    Equal scores are taken in the order of the documents' columns. Every query has a relevant
    document.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    listed = np.take_along_axis(grades, order, axis=1)
    discount = 1 / np.log2(np.arange(2, 12))[: listed.shape[1]]
    ideal = np.sort(2.0**grades - 1, axis=1)[:, ::-1][:, :10]
    ndcg = ((2.0 ** listed[:, :10] - 1) @ discount) / (ideal @ discount)
    relevant = listed > 0
    total = relevant.sum(axis=1)
    ranks = np.arange(1, listed.shape[1] + 1)
    precision = (relevant * (relevant.cumsum(axis=1) / ranks)).sum(axis=1) / total
    return Figures(ndcg, relevant[:, :10].sum(axis=1) / total, precision)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the first of two is, query by query, with its 95% interval."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "no difference shown"


def difference(first: Floats, second: Floats) -> Difference:
    """Paired bootstrap over queries, from a fixed seed."""
    gained = first - second
    draw = np.random.default_rng(SEED)
    rows = draw.integers(0, len(gained), (DRAWS, len(gained)))
    low, high = np.quantile(gained[rows].mean(axis=1), [0.025, 0.975])
    return Difference(float(gained.mean()), float(low), float(high))
