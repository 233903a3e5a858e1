"""The page "Models": what scores, what is offered in its place, and what became of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from services.matcher.console.accounts.coordinators import names_of
from services.matcher.models.models_in_use import fits
from services.matcher.scoring.index import Model
from services.matcher.scoring.learning.priors import FEATURES
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store.models import IN_USE, OFFERED, REPLACED, StoredModel, all_models

STATUS = {
    "offered": "Offered",
    "in_use": "In use",
    "replaced": "Replaced",
    "refused": "Refused",
    "not_better": "Not better, not offered",
    "outdated": "Overtaken by a newer one",
}
MEASURES = {
    "log_loss": ("Surprise (log loss)", "lower is better"),
    "calibration_error": ("Off by, on average (calibration error)", "lower is better"),
    "auc": ("Puts a yes above a no (AUC)", "higher is better"),
    "ndcg": ("Order within a need (nDCG@10)", "higher is better"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of both models on the same held-out matches; None: cannot be told."""

    name: str
    hint: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class WeightRow:
    feature: str
    prior: float
    in_use: float
    offered: float | None


@dataclass(frozen=True, slots=True)
class ModelsPage:
    in_use: StoredModel | None
    offered: StoredModel | None
    past: Sequence[StoredModel]
    weights: Sequence[WeightRow]
    compared: Sequence[Compared]
    names: Mapping[str, str]
    may_return: frozenset[str]
    """Versions that can be taken again."""
    fits: bool
    """False where this process cannot score with the accepted weights and uses the priors."""


def models_page(connection: Connection, shipped: Model) -> ModelsPage:
    priors = shipped.scorer.weights_
    found = all_models(connection)
    in_use = next((one for one in found if one.status == IN_USE), None)
    offered = next((one for one in found if one.status == OFFERED), None)
    past = [one for one in found if one not in (in_use, offered)]
    return ModelsPage(
        in_use=in_use,
        offered=offered,
        past=past,
        weights=_weights(priors, in_use, offered),
        compared=_compared(offered.measures) if offered else (),
        names=names_of(connection, [one.decided_by for one in found]),
        may_return=frozenset(one.version for one in past if one.status == REPLACED),
        fits=in_use is None or fits(in_use.representation, shipped),
    )


def _weights(
    priors: Weights, in_use: StoredModel | None, offered: StoredModel | None
) -> list[WeightRow]:
    """Features that weigh something in one of them, then the intercept."""
    used = _read(in_use, priors) or priors
    new = _read(offered, priors)
    rows = [
        WeightRow(name, priors.by_feature[name], used.by_feature[name],
                  new.by_feature[name] if new else None)
        for name in FEATURES
        if any((priors.by_feature[name], used.by_feature[name], new and new.by_feature[name]))
    ]  # fmt: skip
    start = WeightRow("baseline", priors.intercept, used.intercept, new.intercept if new else None)
    return [*rows, start]


def _read(stored: StoredModel | None, priors: Weights) -> Weights | None:
    if stored is None:
        return None
    read = Weights.read(stored.parameters)
    return Weights({**priors.by_feature, **read.by_feature}, read.intercept)


def _compared(measures: Mapping[str, Any]) -> list[Compared]:
    before, after = measures.get("champion", {}), measures.get("challenger", {})
    return [
        Compared(words, hint, before.get(name), after.get(name))
        for name, (words, hint) in MEASURES.items()
    ]
