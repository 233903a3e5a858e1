"""How good the proposals are on labelled partnerships, beside what one would pick instead.

Run: python benchmarks/quality/partnerships.py FOLDER [--as-of 2026-12-01]
FOLDER has coalition.jsonl and labels.tsv (need, capability, grade 0 to 3). Every method ranks the
pairs that no hard rule refuses; relevant is grade 2 or more. The interval is a bootstrap over needs.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from services.matcher.domain.entities import (
    Capability,
    Need,
    capability_from,
    member_from,
    need_from,
)
from services.matcher.scoring.cache import MemoryCache
from services.matcher.scoring.index import MatchIndex, load_model
from services.matcher.scoring.represent import find_encoder
from services.matcher.scoring.stems import stems_of

Scores = NDArray[np.float64]
Lists = dict[str, list[str]]
Labels = dict[tuple[str, str], int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    chosen = parser.parse_args()
    entries = [json.loads(line) for line in (chosen.folder / "coalition.jsonl").open("rb")]
    labels = _labels(chosen.folder / "labels.tsv")
    cache = MemoryCache()
    index = load_model(cache=cache).build(*_listings(entries), chosen.as_of)
    words = load_model(semantic=False).build(*_listings(entries), chosen.as_of)
    ours = _lists(index)
    print(f"{'method':<34}{'nDCG@10':>9}{'95% interval':>16}{'P@1':>7}{'R@5':>7}")
    _row("BM25 on stems, with the rules", _by(_bm25, index, ours), labels)
    _row("TF-IDF on stems, with the rules", _by(_tfidf, index, ours), labels)
    encoder = find_encoder(cache, None)
    if encoder:
        _row("MiniLM cosine, with the rules", _by(_cosines(encoder), index, ours), labels)
    _row("Convene without the sentence model", _lists(words), labels)
    _row("Convene", ours, labels)


def _listings(entries: list[dict[str, Any]]) -> tuple[list[Any], list[Capability], list[Need]]:
    def of(kind: str, read: Callable[[dict[str, Any]], Any]) -> list[Any]:
        return [read(entry) for entry in entries if entry["kind"] == kind]

    return of("member", member_from), of("capability", capability_from), of("need", need_from)


def _labels(path: Path) -> Labels:
    labels: Labels = defaultdict(int)
    for line in path.read_text("utf-8").splitlines()[1:]:
        need, capability, grade = line.split("\t")
        labels[need, capability] = int(grade)
    return labels


def _lists(index: MatchIndex) -> Lists:
    found = index.proposals_for_all(index.need_ids(), top=len(index.capability_ids()))
    return {need: [one.capability_id for one in listed] for need, listed in found.items()}


def _by(
    score: Callable[[list[str], list[str]], Scores], index: MatchIndex, allowed: Lists
) -> Lists:
    """The allowed capabilities of each need, best first by another method's scores."""
    needs, capabilities = index.need_ids(), index.capability_ids()
    market = index._market  # noqa: SLF001 - the texts as the model reads them
    texts = [f"{market.needs[one].title}. {market.needs[one].description}" for one in needs]
    offered = [
        f"{market.capabilities[one].title}. {market.capabilities[one].description}"
        for one in capabilities
    ]
    table = score(texts, offered)
    column = {name: place for place, name in enumerate(capabilities)}
    return {
        need: sorted(allowed[need], key=lambda name: (-table[row, column[name]], name))
        for row, need in enumerate(needs)
    }


def _bm25(needs: list[str], offered: list[str]) -> Scores:
    retriever = bm25s.BM25()
    retriever.index([stems_of(text) for text in offered], show_progress=False)
    return np.array([retriever.get_scores(stems_of(text)) for text in needs], dtype=np.float64)


def _tfidf(needs: list[str], offered: list[str]) -> Scores:
    fitted = TfidfVectorizer(analyzer=stems_of, sublinear_tf=True).fit(offered)
    return np.asarray((fitted.transform(needs) @ fitted.transform(offered).T).toarray())


def _cosines(encoder: Any) -> Callable[[list[str], list[str]], Scores]:
    def score(needs: list[str], offered: list[str]) -> Scores:
        return np.asarray(encoder.transform(needs) @ encoder.transform(offered).T, np.float64)

    return score


def _row(name: str, lists: Lists, labels: Labels) -> None:
    figures = np.array(
        [
            _figures(np.array([labels[need, one] for one in found]))
            for need, found in sorted(lists.items())
            if any(labels[need, one] >= 2 for one in found)
        ]
    )
    draw = np.random.default_rng(20261201)
    means = [figures[draw.integers(0, len(figures), len(figures)), 0].mean() for _ in range(2_000)]
    low, high = np.quantile(means, [0.025, 0.975])
    ndcg, precision, recall = figures.mean(axis=0)
    print(f"{name:<34}{ndcg:>9.3f}{f'{low:.3f}–{high:.3f}':>16}{precision:>7.2f}{recall:>7.2f}")


def _figures(grades: NDArray[np.int64]) -> tuple[float, float, float]:
    """nDCG@10 with gains 2^grade − 1, precision@1, recall@5."""
    discount = 1 / np.log2(np.arange(2, 12))
    gains, ideal = 2.0 ** grades[:10] - 1, np.sort(2.0**grades - 1)[::-1][:10]
    ndcg = gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)])
    relevant = grades >= 2
    return float(ndcg), float(relevant[0]), float(relevant[:5].sum() / relevant.sum())


if __name__ == "__main__":
    main()
