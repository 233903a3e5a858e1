"""How every model that matters does on what was said so far: `python -m services.matcher evaluate`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from services.matcher.models.models_in_use import fits
from services.matcher.models.train import Lesson, lesson_of, seen_by
from services.matcher.scoring.index import Model
from services.matcher.scoring.learning.evidence import Evidence
from services.matcher.scoring.learning.fit import log_odds
from services.matcher.scoring.learning.judging import Measures, measures_of
from services.matcher.scoring.learning.scorer import logistic
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store import models as store
from services.matcher.store.training import all_training_rows
from shared.storage import Database

PRIORS = "priors"
_JUDGED = (store.IN_USE, store.OFFERED)


@dataclass(frozen=True, slots=True)
class Judged:
    """`unseen`: on the settled matches that it was not learned from; the honest figure."""

    version: str
    status: str
    all: Measures
    unseen: Measures


@dataclass(frozen=True, slots=True)
class ByReason:
    """How often a reason was given, and the mean score in use of those it was given for."""

    reason: str
    rows: int
    yes: int
    score: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    models: tuple[Judged, ...]
    reasons: tuple[ByReason, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def evaluate(database: Database, shipped: Model) -> Evaluation:
    """The stated priors, the weights in use and those on offer, on the rows of this database."""
    with database.read() as connection:
        lesson = lesson_of(all_training_rows(connection), shipped)
        stored = [one for one in store.all_models(connection) if one.status in _JUDGED]
    priors = shipped.scorer.weights_
    fitting = [one for one in stored if fits(one.representation, shipped)]
    judged = [_judged(PRIORS, _status(fitting), lesson, priors, None)]
    weights = priors
    for one in fitting:
        read = Weights.read(one.parameters)
        learned = Weights({**priors.by_feature, **read.by_feature}, read.intercept)
        judged.append(_judged(one.version, one.status, lesson, learned, one))
        weights = learned if one.status == store.IN_USE else weights
    return Evaluation(tuple(judged), tuple(_by_reason(lesson, weights)))


def _status(fitting: list[store.StoredModel]) -> str:
    return "stated" if any(one.status == store.IN_USE for one in fitting) else store.IN_USE


def _judged(
    version: str, status: str, lesson: Lesson, weights: Weights, stored: store.StoredModel | None
) -> Judged:
    settled = lesson.evidence.settled()
    seen = lesson.evidence.matches[seen_by(stored, lesson.rows)]
    unseen = settled.take(~np.isin(settled.matches, seen))
    return Judged(version, status, _measured(settled, weights), _measured(unseen, weights))


def _measured(settled: Evidence, weights: Weights) -> Measures:
    return measures_of(settled, logistic(log_odds(settled.features, weights)))


def _by_reason(lesson: Lesson, weights: Weights) -> list[ByReason]:
    scores = logistic(log_odds(lesson.evidence.features, weights))
    found: Mapping[str, list[tuple[int, float]]] = defaultdict(list)
    for row, score in zip(lesson.rows, scores.tolist(), strict=True):
        found[row.reason_code or "none given"].append((row.label, score))
    return [
        ByReason(
            reason, len(told), sum(yes for yes, _ in told),
            round(float(np.mean([score for _, score in told])), 4),
        )
        for reason, told in sorted(found.items())
    ]  # fmt: skip
