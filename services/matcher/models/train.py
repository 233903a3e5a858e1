"""Weights learned anew from all that was said, and offered where they foretell it better.

Reads in one transaction, computes outside of any, and keeps what it found in another; whether
the new weights ever score is an administrator's decision.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from services.matcher.models.models_in_use import fits
from services.matcher.scoring.index import Model
from services.matcher.scoring.learning.evidence import Evidence, Flags, Said, evidence_of
from services.matcher.scoring.learning.judging import LEAST_MATCHES, Judgement, judge
from services.matcher.scoring.learning.scorer import PartnershipScorer, sentences_of
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store import models as store
from services.matcher.store.learning import TrainingRow
from services.matcher.store.training import all_training_rows
from shared.clock import Clock
from shared.contracts.envelope import read_time, wire_time
from shared.storage import Database, Work, unit_of_work

_CODE_OF_LEARNING = ("evidence.py", "judging.py", "fit.py", "priors.py", "scorer.py")
_ABOUT_THE_MOMENT = "not_now"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What can be learned from: rows whose features this process can compare, and as arrays."""

    rows: Sequence[TrainingRow]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Trained:
    """`version` is None where nothing was learned; `why` is a sentence for a person."""

    version: str | None
    offered: bool
    why: str
    judgement: Judgement | None = None


def train(database: Database, shipped: Model, clock: Clock) -> Trained:
    """Learn, measure, keep; offer if better than what is in use."""
    with database.read() as connection:
        lesson = lesson_of(all_training_rows(connection), shipped)
        in_use = champion(store.model_in_use(connection), shipped)
    evidence, priors = lesson.evidence, shipped.scorer.weights_
    settled = len(evidence.settled())
    if settled < LEAST_MATCHES:
        why = f"{settled} matches were decided; at least {LEAST_MATCHES} are needed to learn from."
        return Trained(None, offered=False, why=why)
    learned = PartnershipScorer(shipped.scorer.priors, shipped.scorer.intercept)
    learned.fit(evidence=evidence)
    current = _weights(in_use, priors)
    judgement = judge(evidence, current, priors, seen_by(in_use, lesson.rows))
    if judgement is None:
        why = f"Fewer than {LEAST_MATCHES} matches were decided since the weights in use were learned."
        return Trained(None, offered=False, why=why)
    with unit_of_work(database, source="/matcher", clock=clock) as work:
        return _keep(work, learned, shipped, lesson, judgement)


def lesson_of(rows: Iterable[TrainingRow], shipped: Model) -> Lesson:
    """Rows scored over the sentence model of this process; others have features of another kind."""
    same = sentences_of(shipped.version)
    kept = [row for row in rows if sentences_of(row.model_version) == same and _decides(row)]
    said = [
        Said(row.match_id, row.need_id, bool(row.label), row.teaches, row.features, row.kind)
        for row in kept
    ]
    return Lesson(kept, evidence_of(said))


def seen_by(model: store.StoredModel | None, rows: Sequence[TrainingRow]) -> Flags:
    """The rows that a model was learned from: shape (n_rows,)."""
    if model is None:
        return np.zeros(len(rows), dtype=bool)
    last = read_time(model.data["last_at"])
    return np.array([row.at <= last for row in rows], dtype=bool)


def _decides(row: TrainingRow) -> bool:
    """A deferral is about the moment, and a partnership that ended was once agreed by all."""
    if row.kind == "outcome" and not row.label:
        return False
    return bool(row.label) or row.reason_code != _ABOUT_THE_MOMENT


def champion(in_use: store.StoredModel | None, shipped: Model) -> store.StoredModel | None:
    """The accepted model, if this process scores with it."""
    return in_use if in_use is not None and fits(in_use.representation, shipped) else None


def _weights(in_use: store.StoredModel | None, priors: Weights) -> Weights:
    if in_use is None:
        return priors
    read = Weights.read(in_use.parameters)
    return Weights({**priors.by_feature, **read.by_feature}, read.intercept)


def _keep(
    work: Work, learned: PartnershipScorer, shipped: Model, lesson: Lesson, judgement: Judgement
) -> Trained:
    version = learned.version_
    found = store.find_model(work.connection, version)
    if found is not None:
        why = f"The same weights as before came out: {version} is {found.status.replace('_', ' ')}."
        return Trained(version, found.status == store.OFFERED, why, judgement)
    if judgement.better:
        store.move_models(work.connection, store.OFFERED, store.OUTDATED)
    store.add_model(
        work.connection,
        store.StoredModel(
            version=version,
            status=store.OFFERED if judgement.better else store.NOT_BETTER,
            representation=shipped.representation,
            parameters=learned.weights_.as_parameters(),
            data=_data_of(lesson),
            measures=judgement.as_json(),
            code_version=code_version(),
            made_at=work.now,
        ),
    )
    work.audit("model.offer" if judgement.better else "model.measure", version)
    return Trained(version, judgement.better, judgement.why, judgement)


def _data_of(lesson: Lesson) -> dict[str, Any]:
    """What it was learned from, so that it can be told whether the same rows are still there."""
    settled = lesson.evidence.settled()
    moments = [row.at for row in lesson.rows]
    told = [[row.source, row.label, row.teaches, dict(row.features)] for row in lesson.rows]
    return {
        "rows": len(lesson.rows),
        "matches": len(settled),
        "needs": len(np.unique(settled.needs)),
        "yes": int(settled.yes.sum()),
        "first_at": wire_time(min(moments)),
        "last_at": wire_time(max(moments)),
        "kinds": dict(sorted(Counter(row.kind for row in lesson.rows).items())),
        "reasons": dict(sorted(Counter(row.reason_code or "" for row in lesson.rows).items())),
        "hash": hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
    }


def code_version() -> str:
    """A hash of the modules that learn: it differs where the same rows may teach otherwise."""
    folder = files("services.matcher.scoring.learning")
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in _CODE_OF_LEARNING))
    return f"learning-{digest.hexdigest()[:12]}"
