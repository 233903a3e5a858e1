"""Weights chosen on some needs and judged on others: the stated procedure of the partnerships set.

Features in units of their spread; weights of 0 or more that make the labelled gains likely (a
softmax over each need's allowed pairs), shrunk towards all weights being equal, as much as makes
needs left out of the fitting likeliest. Nothing of the shipped weights enters, so a figure on
needs that were left out owes them nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]

FOLDS = 5
REPEATS = 10
SEED = 20261201
STRENGTHS = (0.1, 1.0, 10.0)
"""Of the shrinkage, tried on the fitted needs alone."""
INNER_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """A need with the features of its allowed pairs, shape (n_pairs, n_features), and their grades."""

    need_id: str
    capability_ids: list[str]
    features: Floats
    grades: NDArray[np.int64]


def spread(judged: Sequence[Judged]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each feature where it is known; no label is read. A feature
    that nobody states says nothing, as if it were 0 for all.
    """
    together = np.vstack([one.features for one in judged])
    together = np.where(np.isfinite(together).any(axis=0), together, 0.0)
    deviation = np.nanstd(together, axis=0)
    return np.nanmean(together, axis=0), np.where(deviation > 0, deviation, 1.0)


def standardised(judged: Sequence[Judged], units: tuple[Floats, Floats]) -> list[Floats]:
    """Unknown is the mean, so 0."""
    mean, deviation = units
    return [np.nan_to_num((one.features - mean) / deviation) for one in judged]


def fitted(judged: Sequence[Judged], units: tuple[Floats, Floats]) -> Floats:
    """Weights per standard deviation, the strength of shrinkage chosen within these needs."""
    losses = dict.fromkeys(STRENGTHS, 0.0)
    for fold in range(INNER_FOLDS):
        rest = [one for at, one in enumerate(judged) if at % INNER_FOLDS != fold]
        for strength in STRENGTHS:
            weights = _fit(rest, units, strength)
            losses[strength] += _surprise(judged[fold::INNER_FOLDS], units, weights)
    return _fit(judged, units, min(STRENGTHS, key=lambda strength: losses[strength]))


def _surprise(judged: Sequence[Judged], units: tuple[Floats, Floats], weights: Floats) -> float:
    total = 0.0
    for pairs, share in zip(standardised(judged, units), _shares(judged), strict=True):
        odds = pairs @ weights
        total += float(np.log(np.exp(odds - odds.max()).sum()) - share @ (odds - odds.max()))
    return total


def _shares(judged: Sequence[Judged]) -> list[Floats]:
    """Of each need's gains, the part of each pair."""
    return [gains / gains.sum() for gains in (2.0**one.grades - 1 for one in judged)]


def _fit(judged: Sequence[Judged], units: tuple[Floats, Floats], strength: float) -> Floats:
    rows, shares = standardised(judged, units), _shares(judged)
    count = rows[0].shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        away = weights - weights.mean()
        total = strength * len(rows) * float(away @ away)
        slope = 2 * strength * len(rows) * away
        for pairs, share in zip(rows, shares, strict=True):
            odds = pairs @ weights
            odds = odds - odds.max()
            likely = np.exp(odds) / np.exp(odds).sum()
            total -= float(share @ np.log(likely + 1e-300))
            slope = slope - pairs.T @ (share - likely)
        return total, slope

    start = np.full(count, 0.5)
    found = minimize(loss, start, jac=True, bounds=[(0, None)] * count, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def held_out_scores(judged: Sequence[Judged]) -> list[list[Floats]]:
    """For each repeat the scores of every need by weights fitted without it, in the order given."""
    units = spread(judged)
    rows = standardised(judged, units)
    draw = np.random.default_rng(SEED)
    found = []
    for _ in range(REPEATS):
        order = draw.permutation(len(judged))
        scores: list[Floats] = [np.zeros(0)] * len(judged)
        for fold in range(FOLDS):
            left_out = set(order[fold::FOLDS].tolist())
            weights = fitted([one for at, one in enumerate(judged) if at not in left_out], units)
            for at in left_out:
                scores[at] = rows[at] @ weights
        found.append(scores)
    return found
