"""From what people said to weights: logistic regression held close to the priors (stage 3, warm).

Each weight keeps the sign of its prior and moves away from it only as far as the evidence carries.
A no counts against the features its reason names, in comparison with the matches that got a yes;
how often people say yes at all is learned apart from that, and folded in last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from services.matcher.scoring.learning.evidence import Evidence, Flags, Floats
from services.matcher.scoring.learning.priors import FEATURES, NEUTRAL
from services.matcher.scoring.learning.weights import Weights

SPREAD = 0.5
"""Standard deviation of a weight around its prior, as a share of the prior, before any evidence."""
COMPARED_SPREAD = 2.0
"""The same of the log-odds at which yes and no of one kind of reason are compared."""
EMPHASIS, EMPHASIS_SPREAD = 2.0, 0.5
"""How much more than usual a part weighs where it is named as the reason, at first, and the standard
deviation of its logarithm: people name what is worst, so their reasons exaggerate.
"""
SHIFT_SPREAD, STRETCH_SPREAD = 1.0, 0.25
"""The same of the calibration: log-odds added, and the logarithm of what they are multiplied by."""
FOLDS = 5
DECIMALS = 4
_NEUTRAL: Floats = np.array([NEUTRAL[name] for name in FEATURES])


def learned_weights(evidence: Evidence, priors: Weights) -> Weights:
    """Weights of every feature and the intercept, rounded to 4 decimals; without rows the priors.

    `priors` names every feature; one whose prior is 0 stays 0. The weights leave the priors only
    if that foretells held-out matches better by more than one standard error; else only how
    frequent a yes is was learned.
    """
    settled = evidence.settled()
    slopes, odds = _by_feature(priors), log_odds(settled.features, priors)
    moved = _held_out_odds(evidence, priors)
    if _is_better(settled, moved, odds):
        slopes, odds = _slopes(evidence, priors), moved
    shift, stretch = _calibration(settled, odds)
    return Weights(
        {
            name: round(float(slope * stretch), DECIMALS)
            for name, slope in zip(FEATURES, slopes, strict=True)
        },
        round(float(priors.intercept * stretch + shift), DECIMALS),
    )


def _is_better(settled: Evidence, odds: Floats, than: Floats) -> bool:
    """By log loss, each calibrated; gains of one need are one observation."""
    gained = _losses(settled, than) - _losses(settled, odds)
    by_need = np.bincount(settled.needs, gained)
    known = len(np.unique(settled.needs))
    if known < FOLDS:
        return False
    error = float(np.sqrt(max(float(by_need @ by_need) - gained.sum() ** 2 / known, 0.0)))
    return float(gained.sum()) > max(error, 1e-9)


def _losses(settled: Evidence, odds: Floats) -> Floats:
    shift, stretch = _calibration(settled, odds)
    told = odds * stretch + shift
    return np.asarray(np.logaddexp(0.0, told) - told * settled.yes, dtype=np.float64)


def log_odds(features: Floats, weights: Weights) -> Floats:
    """Shape (n_rows,)."""
    return np.asarray(_away(features) @ _by_feature(weights) + weights.intercept, np.float64)


def folds_of(evidence: Evidence) -> Iterator[Flags]:
    """Rows to hold out together: all that was said about a need falls into the same fold."""
    _, number = np.unique(evidence.needs, return_inverse=True)
    count = min(FOLDS, int(number.max(initial=-1)) + 1)
    for fold in range(count):
        yield number % count == fold


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Yes against no for one set of features; what they do not say is in `rest`, as the priors
    have it. Rows are (n_rows, n_features), 0 in the columns that are not compared.
    """

    away: Floats
    rest: Floats
    yes: Flags
    weights: Floats
    whole: bool
    """Everything was compared: no part was named."""


def _by_feature(priors: Weights) -> Floats:
    return np.array([priors.by_feature[name] for name in FEATURES], dtype=np.float64)


def _slopes(evidence: Evidence, priors: Weights) -> Floats:
    prior = _by_feature(priors)
    compared = list(_comparisons(evidence, priors, prior))
    if not compared:
        return prior
    width = np.where(prior == 0, 1.0, SPREAD * np.abs(prior))
    n = len(prior)

    def loss(steps: Floats) -> tuple[float, Floats]:
        """In units of the spreads: features, then the emphasis, then a start of each comparison."""
        slopes = prior + width * steps[:n]
        emphasis = EMPHASIS * np.exp(EMPHASIS_SPREAD * steps[n])
        total, gradient = float(steps @ steps) / 2, steps.copy()
        for place, one in enumerate(compared, start=n + 1):
            named = 1.0 if one.whole else emphasis
            said = one.away @ slopes
            odds = named * said + one.rest + COMPARED_SPREAD * steps[place]
            value, pull = _log_loss(odds, one.yes, one.weights)
            total += value
            gradient[:n] += named * width * (one.away.T @ pull)
            gradient[n] += 0.0 if one.whole else EMPHASIS_SPREAD * emphasis * float(pull @ said)
            gradient[place] += COMPARED_SPREAD * float(pull.sum())
        return total, gradient

    bounds = [_bounds(*pair) for pair in zip(prior.tolist(), width.tolist(), strict=True)]
    free = [(-4.0, 4.0), *[(None, None)] * len(compared)]
    found = prior + width * _least(loss, n + len(free), [*bounds, *free])[:n]
    return np.asarray(np.sign(prior) * np.maximum(found * np.sign(prior), 0.0), dtype=np.float64)


def _comparisons(evidence: Evidence, priors: Weights, prior: Floats) -> Iterator[_Comparison]:
    """One for each set of features that a no was about. A yes is shared out among them by their
    size, so that it counts once.
    """
    noes = ~evidence.yes & evidence.teaches.any(axis=1)
    all_noes = float(evidence.weights[noes].sum())
    away = _away(evidence.features)
    for features in np.unique(evidence.teaches[noes], axis=0):
        of_this = noes & (evidence.teaches == features).all(axis=1)
        taught = evidence.teaches & features
        of_yes = evidence.yes & taught.any(axis=1)
        if not of_yes.any():
            continue  # nothing to compare with
        rows = of_this | of_yes
        share = float(evidence.weights[of_this].sum()) / all_noes
        weights = evidence.weights * np.where(evidence.yes, share, 1.0)
        rest = np.where(taught, 0.0, away) @ prior + priors.intercept
        yield _Comparison(
            np.where(taught, away, 0.0)[rows],
            rest[rows],
            evidence.yes[rows],
            weights[rows],
            bool(features.all()),
        )


def _held_out_odds(evidence: Evidence, priors: Weights) -> Floats:
    """Log-odds of every settled match by slopes that have not seen its need."""
    settled = evidence.settled()
    odds = log_odds(settled.features, priors)
    for held in folds_of(settled):
        if not held.all():
            kept = evidence.take(~np.isin(evidence.needs, settled.needs[held]))
            odds[held] = _away(settled.features[held]) @ _slopes(kept, priors) + priors.intercept
    return odds


def _calibration(settled: Evidence, odds: Floats) -> tuple[float, float]:
    """Shift and stretch of the log-odds that make them as frequent as they say (Platt, shrunk)."""

    def loss(steps: Floats) -> tuple[float, Floats]:
        stretch = np.exp(STRETCH_SPREAD * steps[1])
        value, pull = _log_loss(
            odds * stretch + SHIFT_SPREAD * steps[0], settled.yes, settled.weights
        )
        gradient = steps.copy()
        gradient[0] += SHIFT_SPREAD * pull.sum()
        gradient[1] += STRETCH_SPREAD * stretch * float(pull @ odds)
        return value + float(steps @ steps) / 2, gradient

    steps = _least(loss, 2, [(None, None), (-8.0, 8.0)])
    return float(SHIFT_SPREAD * steps[0]), float(np.exp(STRETCH_SPREAD * steps[1]))


def _log_loss(odds: Floats, yes: Flags, weights: Floats) -> tuple[float, Floats]:
    """The weighted sum, and its slope in each row's log-odds."""
    value = float(weights @ (np.logaddexp(0.0, odds) - odds * yes))
    pull = weights * (1 / (1 + np.exp(-np.clip(odds, -40, 40))) - yes)
    return value, np.asarray(pull, dtype=np.float64)


def _least(
    loss: Callable[[Floats], tuple[float, Floats]],
    size: int,
    bounds: list[tuple[float | None, float | None]],
) -> Floats:
    found = minimize(
        loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    return np.asarray(found.x, dtype=np.float64)


def _bounds(prior: float, spread: float) -> tuple[float | None, float | None]:
    """Steps at which the weight would change its sign."""
    if prior == 0:
        return 0.0, 0.0
    return (-prior / spread, None) if prior > 0 else (None, -prior / spread)


def _away(features: Floats) -> Floats:
    return np.where(np.isfinite(features), features - _NEUTRAL, 0.0)
