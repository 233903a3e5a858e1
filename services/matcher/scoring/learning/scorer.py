"""How likely both sides are to say yes, as a sum anyone can check (stage 3 of matching).

A logistic model of few features. With no verdicts yet its weights are the stated priors.
Each feature is compared with what is neutral for it, so what a member left out neither helps nor
harms; and the score is split over the features so that the parts add up to it to the last digit.
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from services.matcher.scoring.learning.evidence import Evidence, plain_evidence
from services.matcher.scoring.learning.fit import learned_weights
from services.matcher.scoring.learning.priors import (
    BASELINE,
    COSINES,
    FEATURES,
    FIRST_FEATURES,
    INTERCEPT,
    INTERCEPT_WITHOUT_MEANING,
    NEUTRAL,
    PRIORS,
    PRIORS_WITHOUT_MEANING,
)
from services.matcher.scoring.learning.weights import Weights
from services.matcher.scoring.results import Strength

# Features and priors are read through here as well: they are one subject to a caller.
__all__ = [
    "BASELINE",
    "COSINES",
    "DECIMALS",
    "FEATURES",
    "FIRST_FEATURES",
    "INTERCEPT",
    "INTERCEPT_WITHOUT_MEANING",
    "NEUTRAL",
    "PRIORS",
    "PRIORS_WITHOUT_MEANING",
    "PROPOSAL_THRESHOLD",
    "PartnershipScorer",
    "cold_start",
    "logistic",
    "scorer_of",
    "sentences_of",
    "strength",
]

Floats = NDArray[np.float64]

PROPOSAL_THRESHOLD = 0.3
STRENGTHS: tuple[tuple[Strength, float], ...] = (
    ("strong", 0.7), ("good", 0.5), ("possible", PROPOSAL_THRESHOLD),
)  # fmt: skip
DECIMALS = 4


def strength(score: float) -> Strength:
    """The word a screen shows: strong from 0.7, good from 0.5, possible from 0.3, else weak."""
    return next((word for word, least in STRENGTHS if score >= least), "weak")


def scorer_of(model_version: str) -> str:
    """The part of a model's version that names the weights it scored with."""
    return model_version.partition("+")[0]


def sentences_of(model_version: str) -> str:
    """The part that names the sentence model: features over another one cannot be compared. Words
    counted anew and phrases added leave features of the same kind.
    """
    return model_version.split("+")[2]


class PartnershipScorer(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Probability in [0, 1] that both sides will say yes, with its parts.

    Parameters
    ----------
    priors : log-odds per unit of each feature; features not named weigh nothing.
    intercept : log-odds where every feature is neutral.
    learned : weights that were learned before; they take the place of the priors.
    features : those it knows; others weigh nothing and are not shown.

    Attributes
    ----------
    coef_ : shape (n_features,), in the order of FEATURES.
    intercept_, neutral_ : what `coef_` is relative to.
    version_ : names every number that enters a score.

    """

    def __init__(
        self,
        priors: Mapping[str, float] | None = None,
        intercept: float = INTERCEPT,
        learned: Weights | None = None,
        features: tuple[str, ...] = FEATURES,
    ) -> None:
        self.priors = priors
        self.intercept = intercept
        self.learned = learned
        self.features = features
        self.fit()

    def fit(
        self,
        X: Floats | None = None,  # noqa: N803 - as scikit-learn has it
        y: NDArray[np.bool_] | None = None,
        evidence: Evidence | None = None,
    ) -> "PartnershipScorer":
        """Learn from what was said; with nothing said take the priors (or `learned`) as they are.

        `X` of shape (n_rows, n_features) and `y` are verdicts about everything, each of its own
        match; `evidence` says more: what a reason teaches, and whose match and need a row is of.
        """
        start = self.learned or Weights({}, float(self.intercept))
        self._take(start)
        if evidence is None and X is not None and y is not None:
            evidence = plain_evidence(X, y)
        if evidence is not None and len(evidence):
            self._take(learned_weights(evidence, self.weights_))
        return self

    @property
    def weights_(self) -> Weights:
        """The weights in use, of every feature."""
        return Weights(dict(zip(FEATURES, self.coef_.tolist(), strict=True)), self.intercept_)

    def _take(self, weights: Weights) -> None:
        given = {**(PRIORS if self.priors is None else self.priors), **weights.by_feature}
        self.classes_ = np.array([False, True])
        known = [name in self.features for name in FEATURES]
        self.coef_: Floats = np.array([given.get(name, 0.0) for name in FEATURES]) * known
        self.neutral_: Floats = np.array([NEUTRAL[name] for name in FEATURES])
        self.intercept_ = weights.intercept
        kind = "learned" if weights.by_feature else "priors"
        self.version_ = f"{kind}-{self._digest()}"

    def _digest(self) -> str:
        weights = dict(zip(FEATURES, self.coef_.tolist(), strict=True))
        numbers = {
            "weights": [weights[name] for name in self.features],
            "intercept": self.intercept_,
            "neutral": {name: NEUTRAL[name] for name in self.features},
            "features": self.features,
        }
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:8]

    def shown(self, values: Floats) -> dict[str, float]:
        """One pair's features by name, those known of the ones this scorer weighs, to 4 decimals."""
        return {
            name: round(value, DECIMALS)
            for name, value in zip(FEATURES, values.tolist(), strict=True)
            if name in self.features and np.isfinite(value)
        }

    def parts(self, features: Floats) -> Floats:
        """Log-odds by feature, shape as given; NaN (unknown) counts as neutral, so 0."""
        away = np.where(np.isfinite(features), features - self.neutral_, 0.0)
        parts: Floats = away * self.coef_
        return parts

    def probability(self, features: Floats) -> Floats:
        """Shape (n_pairs,), rounded to 4 decimals, from features of (n_pairs, n_features)."""
        total = self.parts(features).sum(axis=1) + self.intercept_
        return np.round(logistic(total), DECIMALS)

    def predict_proba(self, features: Floats) -> Floats:
        """Shape (n_pairs, 2): no and yes, as scikit-learn has it."""
        yes = self.probability(features)
        return np.stack([1 - yes, yes], axis=1)

    def predict(self, features: Floats) -> NDArray[np.bool_]:
        return self.probability(features) >= PROPOSAL_THRESHOLD

    def contributions(self, features: Floats) -> Floats:
        """How each score comes about, shape (n_pairs, 1 + n_features): baseline first.

        The score is walked from the baseline (all neutral) along the straight line to the pair;
        what a feature gains on the way is its contribution (Aumann and Shapley's rule). For a
        logistic this is its share of the log-odds. Parts are rounded to 4 decimals by largest
        remainder, so that they add up to the rounded score exactly.
        """
        parts = self.parts(features)
        away = parts.sum(axis=1)
        start = float(logistic(np.array([self.intercept_]))[0])
        moved = logistic(away + self.intercept_) - start
        slope = start * (1 - start)
        per_unit = np.where(np.abs(away) < 1e-9, slope, moved / np.where(away == 0, 1.0, away))
        shares = np.concatenate(
            [np.full((len(parts), 1), start), parts * per_unit[:, None]], axis=1
        )
        return _rounded_to(shares, self.probability(features))


def cold_start(*, meaning: bool) -> PartnershipScorer:
    """The stated priors; `meaning` says whether there is a sentence model to weigh."""
    if meaning:
        return PartnershipScorer(PRIORS, INTERCEPT)
    return PartnershipScorer(PRIORS_WITHOUT_MEANING, INTERCEPT_WITHOUT_MEANING)


def logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -40, 40))), dtype=np.float64)


def _rounded_to(shares: Floats, totals: Floats) -> Floats:
    """Shares to 4 decimals whose sum in every row is the total; zero shares stay zero."""
    scale = 10**DECIMALS
    floors = np.floor(shares * scale + 1e-9)
    missing = np.round(totals * scale - floors.sum(axis=1)).astype(int)
    remainders = np.where(shares == 0, -1.0, shares * scale - floors)
    for row, count in enumerate(missing):
        if count > 0:
            floors[row, np.argsort(-remainders[row], kind="stable")[:count]] += 1
        elif count < 0:
            floors[row, 0] += count
    return np.asarray(floors / scale, dtype=np.float64)
