"""How well the goals of a text are told: as shipped, with no label, and as features of a learner.

Run: python -m benchmarks.quality.goals FILE [--vectors FILE]
FILE has a text and its goals a line. Measured is the mean over goals of average precision. Labels
train only the cross-validated learners, which do not ship: they say what the features are worth.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import KFold

from benchmarks.quality.kept import KeptVectors
from services.matcher.scoring.text.cache import VectorCache
from services.matcher.scoring.text.represent import Encoder, find_encoder
from services.matcher.scoring.text.stems import stems_of
from services.matcher.scoring.text.suggest import LISTS, Suggester
from shared.reference.goals import framework
from shared.reference.phrasebook import packaged
from shared.reference.vocabulary import BENEFICIARIES, GIVES

Floats = NDArray[np.float64]
Rows = Callable[[NDArray[np.intp], NDArray[np.intp]], tuple[sp.csr_matrix, sp.csr_matrix]]

FOLDS = 5
SEED = 0
TERMS = {
    "goals": tuple(str(number) for number in framework().numbers),
    "beneficiaries": BENEFICIARIES.ids,
    "help": GIVES.ids,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--vectors", type=Path, help="keep sentence vectors here between runs")
    chosen = parser.parse_args()
    cache = KeptVectors(chosen.vectors)
    print(table(measure(chosen.file, cache)))
    cache.save()


def measure(file: Path, cache: VectorCache) -> dict[str, Any]:
    """Mean average precision of every method, JSON values."""
    entries = [json.loads(line) for line in file.open("rb")]
    texts = [f"{entry['title']}. {entry['text']}" for entry in entries]
    goals = framework().numbers
    truth = np.array([[goal in entry["goals"] for goal in goals] for entry in entries])
    encoder = find_encoder(cache, None)
    methods = {"phrases alone, no label": _sure(Suggester(packaged()), texts, "goals")}
    words, nothing = _words(texts), np.zeros((len(texts), 0))
    learned = {"TF-IDF": nothing}
    if encoder is not None:
        vectors = np.asarray(encoder.transform(texts), dtype=np.float64)
        suggester = Suggester(packaged(), encoder)
        methods["goal descriptions as queries"] = _described(encoder, vectors)
        methods["Convene as shipped, no label"] = _sure(suggester, texts, "goals")
        read = [_sure(suggester, texts, feature) for feature in LISTS]
        learned["TF-IDF + MiniLM"] = vectors
        learned["TF-IDF + MiniLM + what Convene reads"] = np.hstack([vectors, *read])
    for name, dense in learned.items():
        methods[f"logistic regression on {name}"] = _cross_validated(truth, words, dense)
    return {
        "texts": len(texts),
        "folds": FOLDS,
        "seed": SEED,
        "mean_average_precision": {name: _map(truth, sure) for name, sure in methods.items()},
    }


def table(measured: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"### goals: {measured['texts']:,} texts",
        "",
        "| | mean average precision |",
        "|---|---|",
    ]
    lines += [f"| {name} | {value:.3f} |"
              for name, value in measured["mean_average_precision"].items()]  # fmt: skip
    return "\n".join([*lines, ""])


def _sure(suggester: Suggester, texts: Sequence[str], feature: str) -> Floats:
    """How sure a text makes of each term, shape (n_texts, n_terms)."""
    made = np.zeros((len(texts), len(TERMS[feature])))
    for row, text in enumerate(texts):
        for one in suggester.read(text)[feature]:
            made[row, TERMS[feature].index(one.term)] = one.confidence
    return made


def _described(encoder: Encoder, vectors: Floats) -> Floats:
    told = [f"{goal.title}. {goal.description}" for goal in framework().goals]
    return np.asarray(vectors @ encoder.transform(told).T.astype(np.float64))


def _words(texts: Sequence[str]) -> Rows:
    """TF-IDF fitted on the training texts of a split."""

    def rows(
        train: NDArray[np.intp], test: NDArray[np.intp]
    ) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        fitted = TfidfVectorizer(analyzer=stems_of, sublinear_tf=True, min_df=2)
        first = fitted.fit_transform([texts[at] for at in train])
        return first, fitted.transform([texts[at] for at in test])

    return rows


def _cross_validated(truth: NDArray[np.bool_], words: Rows, dense: Floats) -> Floats:
    """Log-odds of every goal by learners that did not see the text."""
    odds = np.zeros(truth.shape)
    for train, test in KFold(FOLDS, shuffle=True, random_state=SEED).split(truth):
        first, second = words(train, test)
        first = sp.hstack([first, sp.csr_matrix(dense[train])]).tocsr()
        second = sp.hstack([second, sp.csr_matrix(dense[test])]).tocsr()
        for goal in range(truth.shape[1]):
            learner = LogisticRegression(C=1.0, solver="liblinear", random_state=SEED)
            odds[test, goal] = learner.fit(first, truth[train, goal]).decision_function(second)
    return odds


def _map(truth: NDArray[np.bool_], sure: Floats) -> float:
    each = [average_precision_score(truth[:, goal], sure[:, goal])
            for goal in range(truth.shape[1])]  # fmt: skip
    return round(float(np.mean(each)), 4)


if __name__ == "__main__":
    main()
