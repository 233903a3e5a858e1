"""Retrieval sets as coalitions: documents are capabilities, queries are needs, free text alone.

Everything the product reads besides text is left out, so what is measured is how it reads; and
all of it goes through the model's own door, by the path that `rank` takes.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from benchmarks.quality import baselines
from benchmarks.quality.baselines import Scores
from benchmarks.quality.measures import Figures, difference, figures_of
from benchmarks.quality.sets import RetrievalSet
from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.counting import counted_over
from services.matcher.scoring.index import Model
from services.matcher.scoring.text.represent import Encoder

OURS, OURS_WITHOUT = "Convene", "Convene without the sentence model"
MEMBERS = (
    Member(id="asks", name="Asks", sector="local_government"),
    Member(id="offers", name="Offers", sector="business"),
)


def scores_of(
    found: RetrievalSet, models: dict[str, Model], encoder: Encoder | None, as_of: date
) -> Iterator[tuple[str, Scores]]:
    """Every method's name and scores, ours last."""
    queries, documents = found.queries, found.documents
    words = baselines.bm25(queries, documents)
    yield baselines.BM25, words
    yield baselines.TFIDF, baselines.tfidf(queries, documents)
    yield baselines.SVD, baselines.svd(queries, documents)
    if encoder is not None:
        meaning = baselines.cosines(encoder)(queries, documents)
        yield baselines.SENTENCES, meaning
        yield baselines.FUSION, baselines.fused(words, meaning)
    for name, model in models.items():
        yield name, ranked(found, model, as_of)


def ranked(found: RetrievalSet, model: Model, as_of: date) -> Scores:
    """The model's scores of all pairs; a document that no list holds scores below any."""
    listed = (MEMBERS, _capabilities(found), _needs(found))
    index = counted_over(model, *listed).build(*listed, as_of)
    column = {one: place for place, one in enumerate(found.document_ids)}
    scores = np.full(found.grades.shape, -1.0)
    for row, query_id in enumerate(found.query_ids):
        for one in index.rated_for_all([query_id], len(column))[query_id]:
            scores[row, column[one.capability_id]] = one.score
    return scores


def measure(
    found: RetrievalSet, models: dict[str, Model], encoder: Encoder | None, as_of: date
) -> dict[str, Any]:
    """Figures of every method on all queries, and of the held-out half beside the best baseline."""
    made = {
        name: figures_of(scores, found.grades)
        for name, scores in scores_of(found, models, encoder, as_of)
    }
    return {
        "documents": len(found.document_ids),
        "queries": len(found.query_ids),
        "held_out": int(found.held_out.sum()),
        "methods": {name: _row(figures, found) for name, figures in made.items()},
        "against_best": _against_best(made, found),
    }


def _row(figures: Figures, found: RetrievalSet) -> dict[str, float]:
    return {
        "ndcg10": float(figures.ndcg.mean()),
        "ndcg10_development": float(figures.ndcg[~found.held_out].mean()),
        "ndcg10_held_out": float(figures.ndcg[found.held_out].mean()),
        "recall10": float(figures.recall.mean()),
        "map": float(figures.precision.mean()),
    }


def _against_best(made: dict[str, Figures], found: RetrievalSet) -> dict[str, Any]:
    """Convene against the baseline with the highest nDCG@10, on all queries and the held-out half."""
    others = [name for name in made if name not in (OURS, OURS_WITHOUT)]
    best = max(others, key=lambda name: float(made[name].ndcg.mean()))
    told: dict[str, Any] = {"baseline": best}
    for half, rows in (("all", slice(None)), ("held_out", found.held_out)):
        gained = difference(made[OURS].ndcg[rows], made[best].ndcg[rows])
        told[half] = {
            "mean": gained.mean,
            "low": gained.low,
            "high": gained.high,
            "verdict": gained.verdict,
        }
    return told


def _capabilities(found: RetrievalSet) -> list[Capability]:
    rows = zip(found.document_ids, found.titles, found.bodies, strict=True)
    return [
        Capability(id=one, member_id="offers", title=title, description=body, mode="remote")
        for one, title, body in rows
    ]


def _needs(found: RetrievalSet) -> list[Need]:
    rows = zip(found.query_ids, found.queries, strict=True)
    return [Need(id=one, member_id="asks", title=text) for one, text in rows]
