"""How well weights foretell what people said, and whether a challenger beats the champion.

Everything is judged on settled matches that the judged weights have not seen.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from services.matcher.scoring.learning.evidence import Evidence, Flags, Floats
from services.matcher.scoring.learning.fit import folds_of, learned_weights, log_odds
from services.matcher.scoring.learning.scorer import logistic
from services.matcher.scoring.learning.weights import Weights

BINS = 10
LEAST_OF_A_BIN = 10
LEAST_MATCHES = 30
"""Fewer settled matches than this say too little to compare two models."""
DRAWS, SEED = 2_000, 20261201
DRAWS_AT_ONCE = 50
"""So that memory does not grow with all draws of all needs."""
DECIMALS = 4
_TOP = 10


@dataclass(frozen=True, slots=True)
class Measures:
    """`log_loss` and `calibration_error` are better low, `auc` and `ndcg` high; None: cannot be
    told, because all said the same.
    """

    matches: int
    yes: int
    log_loss: float | None
    calibration_error: float | None
    auc: float | None
    ndcg: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Champion and challenger on the same held-out matches.

    `gain` is log loss saved per match, `gain_low` what it is at least in 95 of 100 resamplings of
    needs; `ndcg_low` and `ndcg_high` bound the change of nDCG alike (90 of 100 lie between).
    """

    champion: Measures
    challenger: Measures
    gain: float
    gain_low: float
    ndcg_low: float
    ndcg_high: float
    better: bool
    why: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measures_of(settled: Evidence, probability: Floats) -> Measures:
    """`probability` of a yes: shape (n_matches,)."""
    count, yes = len(settled), int(settled.yes.sum())
    mixed = 0 < yes < count
    gains = [value for value in _ndcg_by_need(settled, probability).values() if value is not None]
    return Measures(
        matches=count,
        yes=yes,
        log_loss=_rounded(_losses(settled.yes, probability).mean()) if count else None,
        calibration_error=_rounded(calibration_error(settled.yes, probability)) if count else None,
        auc=_rounded(float(roc_auc_score(settled.yes, probability))) if mixed else None,
        ndcg=_rounded(float(np.mean(gains))) if gains else None,
    )


def calibration_error(yes: Floats | Flags, probability: Floats) -> float:
    """Expected calibration error over up to ten bins of as many matches each, ten at least."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, max(1, min(BINS, len(order) // LEAST_OF_A_BIN)))
    off = [len(rows) * abs(float(np.mean(probability[rows]) - np.mean(yes[rows]))) for rows in bins]
    return sum(off) / len(order)


def judge(
    evidence: Evidence, champion: Weights, priors: Weights, seen: Flags | None = None
) -> Judgement | None:
    """The challenger learned anew for every fold of needs, against the champion on what it did not
    see. `seen` marks the rows that the champion was learned from. None: too few settled matches.
    """
    settled = evidence.settled()
    told = _challenger(evidence, settled, priors)
    known = np.zeros(len(evidence), dtype=bool) if seen is None else seen
    fresh = ~np.isin(settled.matches, evidence.matches[known])
    if int(fresh.sum()) < LEAST_MATCHES:
        return None
    held = settled.take(fresh)
    return _compared(held, logistic(log_odds(held.features, champion)), told[fresh])


def _challenger(evidence: Evidence, settled: Evidence, priors: Weights) -> Floats:
    told = np.zeros(len(settled))
    for held in folds_of(settled):
        kept = evidence.take(~np.isin(evidence.needs, settled.needs[held]))
        weights = learned_weights(kept, priors) if len(kept) else priors
        told[held] = logistic(log_odds(settled.features[held], weights))
    return told


def _compared(held: Evidence, before: Floats, after: Floats) -> Judgement:
    saved = _losses(held.yes, before) - _losses(held.yes, after)
    needs, place = np.unique(held.needs, return_inverse=True)
    by_need: Floats = np.bincount(place, saved).astype(np.float64)
    sizes = np.bincount(place)
    old, new = _ndcg_by_need(held, before), _ndcg_by_need(held, after)
    change = np.array(
        [
            np.nan if (was := old[one]) is None or (now := new[one]) is None else now - was
            for one in needs.tolist()
        ]
    )
    gains, changes = _resampled(by_need, sizes, change)
    gain_low = float(np.quantile(gains, 0.05))
    low, high = np.quantile(changes, [0.05, 0.95]).tolist()
    better, why = _verdict(gain_low, high)
    champion, challenger = measures_of(held, before), measures_of(held, after)
    return Judgement(
        champion, challenger, _rounded(saved.mean()), _rounded(gain_low), _rounded(low),
        _rounded(high), better, why,
    )  # fmt: skip


def _verdict(gain_low: float, ndcg_high: float) -> tuple[bool, str]:
    if gain_low <= 0:
        return False, "It does not foretell held-out verdicts better by more than chance."
    if ndcg_high < 0:
        return False, "It puts the partners that got a yes lower in their lists."
    return True, "It foretells held-out verdicts better, and its lists are no worse."


def _resampled(by_need: Floats, sizes: NDArray[np.int64], change: Floats) -> tuple[Floats, Floats]:
    """Of every draw of needs: log loss saved per match, and the mean change of nDCG where it is
    known (0 where it is of none).
    """
    random = np.random.default_rng(SEED)
    known, changed = np.isfinite(change), np.nan_to_num(change)
    gains, changes = [], []
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        draw = random.integers(0, len(by_need), (DRAWS_AT_ONCE, len(by_need)))
        gains.append(by_need[draw].sum(axis=1) / sizes[draw].sum(axis=1))
        changes.append(changed[draw].sum(axis=1) / np.maximum(known[draw].sum(axis=1), 1))
    return np.concatenate(gains), np.concatenate(changes)


def _ndcg_by_need(settled: Evidence, probability: Floats) -> dict[int, float | None]:
    """nDCG@10 with gain 1 for a yes; None for a need whose matches all got the same answer."""
    discount = 1 / np.log2(np.arange(2, _TOP + 2))
    found: dict[int, float | None] = {}
    for need in np.unique(settled.needs).tolist():
        rows = np.flatnonzero(settled.needs == need)
        gains = settled.yes[rows[np.argsort(-probability[rows], kind="stable")]]
        count = int(gains.sum())
        if not 0 < count < len(gains):
            found[need] = None
            continue
        reached = float(gains[:_TOP] @ discount[: len(gains)])
        found[need] = reached / float(discount[:count].sum())
    return found


def _losses(yes: Flags, probability: Floats) -> Floats:
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(-np.log(np.where(yes, bounded, 1 - bounded)), dtype=np.float64)


def _rounded(value: Any) -> float:
    return round(float(value), DECIMALS)
