"""One coalition's years: proposals shown, verdicts by a hidden taste, weights learned and offered.

Verdicts are on what the weights in use would propose, as in life; offered weights are accepted.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning.market import draw
from benchmarks.learning.tastes import Taste, decide
from services.matcher.scoring.learning.evidence import Said, evidence_of
from services.matcher.scoring.learning.fit import learned_weights, log_odds
from services.matcher.scoring.learning.judging import judge
from services.matcher.scoring.learning.priors import FEATURES, INTERCEPT, PRIORS
from services.matcher.scoring.learning.scorer import PROPOSAL_THRESHOLD, logistic
from services.matcher.scoring.learning.weights import Weights

Floats = NDArray[np.float64]

AFTER = (0, 50, 200, 1_000)
"""Verdicts."""
SHOWN = 3
FRESH_NEEDS = 300
BATCH = 100
TOP, BINS = 10, 10
COLD = Weights(PRIORS, INTERCEPT)


@dataclass(frozen=True, slots=True)
class Point:
    """After so many verdicts, on needs nobody has seen: `ndcg` and `ece` of the weights in use,
    `learned_…` of what was just learned, whether or not it was offered.
    """

    verdicts: int
    ndcg: float
    ece: float
    learned_ndcg: float
    learned_ece: float
    offered: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def simulate(taste: Taste, seed: int) -> list[Point]:
    random = np.random.default_rng(seed)
    fresh = draw(FRESH_NEEDS, random).features
    in_use, seen = COLD, 0
    rows: list[Said] = []
    points = [_point(0, taste, fresh, COLD, COLD, offered=False)]
    needs = _needs(random)
    for after in AFTER[1:]:
        while len(rows) < after:
            number, features = next(needs)
            best = _shown(in_use, features[None])[0]
            rows += decide(taste, features[best], f"n{number:05}", random)
        evidence = evidence_of(rows)
        learned = learned_weights(evidence, COLD)
        found = judge(evidence, in_use, COLD, np.arange(len(rows)) < seen)
        offered = found is not None and found.better
        if offered:
            in_use, seen = learned, len(rows)
        points.append(_point(after, taste, fresh, in_use, learned, offered=offered))
    return points


def _needs(random: np.random.Generator) -> Iterator[tuple[int, Floats]]:
    number = 0
    while True:
        for features in draw(BATCH, random).features:
            yield number, features
            number += 1


def _point(
    verdicts: int, taste: Taste, fresh: Floats, in_use: Weights, learned: Weights, *, offered: bool
) -> Point:
    hidden = taste.says_yes(fresh)
    return Point(
        verdicts,
        ndcg(scores(in_use, fresh), hidden),
        calibration(in_use, fresh, hidden),
        ndcg(scores(learned, fresh), hidden),
        calibration(learned, fresh, hidden),
        offered,
    )


def scores(weights: Weights, features: Floats) -> Floats:
    """Shape (n_needs, n_candidates) from (n_needs, n_candidates, n_features)."""
    flat = features.reshape(-1, len(FEATURES))
    return logistic(log_odds(flat, weights)).reshape(features.shape[:2])


def _shown(weights: Weights, features: Floats) -> list[NDArray[np.intp]]:
    """For each need the best candidates that reach the threshold."""
    told = scores(weights, features)
    order = np.argsort(-told, axis=1, kind="stable")[:, :SHOWN]
    return [best[row[best] >= PROPOSAL_THRESHOLD] for row, best in zip(told, order, strict=True)]


def ndcg(told: Floats, hidden: Floats) -> float:
    """Mean nDCG@10; the gain of a candidate is the hidden probability of a yes."""
    discount = 1 / np.log2(np.arange(2, TOP + 2))
    order = np.argsort(-told, axis=1, kind="stable")[:, :TOP]
    reached = np.take_along_axis(hidden, order, axis=1) @ discount
    best = -np.sort(-hidden, axis=1)[:, :TOP] @ discount
    return float(np.mean(reached / best))


def calibration(weights: Weights, features: Floats, hidden: Floats) -> float:
    """Expected calibration error over what would be proposed, against the hidden probability."""
    told = scores(weights, features)
    chosen = _shown(weights, features)
    said = np.concatenate([row[best] for row, best in zip(told, chosen, strict=True)])
    true = np.concatenate([row[best] for row, best in zip(hidden, chosen, strict=True)])
    if not len(said):
        return 0.0  # nothing is proposed, so nothing is claimed
    bins = np.array_split(np.argsort(said, kind="stable"), min(BINS, len(said)))
    off = [len(rows) * abs(said[rows].mean() - true[rows].mean()) for rows in bins]
    return float(sum(off) / len(said))
