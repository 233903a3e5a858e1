"""How good the proposals are on labelled partnerships, beside what one would pick instead.

Run: python -m benchmarks.quality.partnerships FOLDER [--as-of 2026-12-01]
FOLDER has coalition.jsonl and labels.tsv (need, capability, grade 0 to 3). Every method ranks the
pairs that no hard rule refuses; relevant is grade 2 or more. Two readings: with the weights that
ship, and with weights fitted on other needs (`fitting`). Intervals are a bootstrap over needs.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality.fitting import SEED, Judged, held_out_scores
from services.matcher.domain.entities import (
    Capability,
    Need,
    capability_from,
    member_from,
    need_from,
)
from services.matcher.scoring.counting import counted_over
from services.matcher.scoring.index import MatchIndex, Model, load_model
from services.matcher.scoring.learning.scorer import COSINES
from services.matcher.scoring.text.cache import MemoryCache, VectorCache
from services.matcher.scoring.text.represent import find_encoder
from services.matcher.scoring.text.stems import stems_of

Scores = NDArray[np.float64]
Labels = Mapping[tuple[str, str], int]
Figures = NDArray[np.float64]

RELEVANT = 2
FUSION = 60
"""The usual constant of reciprocal rank fusion."""
DRAWS = 2_000
MEASURES = ("ndcg10", "precision1", "recall5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    chosen = parser.parse_args()
    print(table(measure(chosen.folder, chosen.as_of, MemoryCache())))


def measure(folder: Path, as_of: date, cache: VectorCache) -> dict[str, Any]:
    """Figures of every method, JSON values."""
    entries = [json.loads(line) for line in (folder / "coalition.jsonl").open("rb")]
    labels = _labels(folder / "labels.tsv")
    index = _built(load_model(cache=cache), entries, as_of)
    plain = _built(load_model(semantic=False), entries, as_of)
    texts = _text_scores(index, cache)
    ours, without = _judged(index, labels), _judged(plain, labels)
    as_shipped = {
        name: _figures_of(ours, [_by(scores, ours, index)]) for name, scores in texts.items()
    }
    as_shipped["Convene without the sentence model"] = _figures_of(without, [_own(without)])
    as_shipped["Convene"] = _figures_of(ours, [_own(ours)])
    simple = _with_columns(ours, index, [texts["MiniLM cosine"], texts["TF-IDF on stems"]],
                           ("beneficiaries", "goals"))  # fmt: skip
    return {
        "needs": len(ours),
        "capabilities": len(index.capability_ids()),
        "pairs_allowed": sum(len(one.grades) for one in _judged(index, labels, every=True)),
        "trap_rate": _traps(index, folder / "eligible.json"),
        "as_shipped": {name: _summary(figures) for name, figures in as_shipped.items()},
        "on_needs_left_out": {
            "MiniLM + TF-IDF + beneficiaries + goals": _summary(
                _figures_of(simple, held_out_scores(simple))
            ),
            "Convene's features": _summary(_figures_of(ours, held_out_scores(ours))),
        },
    }


def table(measured: Mapping[str, Any]) -> str:
    """Markdown."""
    sizes = (
        f"{measured['capabilities']} capabilities, {measured['needs']} needs with a right answer"
    )
    lines = [
        f"### partnerships: {sizes}",
        "",
        "| | nDCG@10 | 95% interval | precision@1 | recall@5 |",
        "|---|---|---|---|---|",
    ]
    for group, told in (("as_shipped", ""), ("on_needs_left_out", ", fitted on other needs")):
        for name, row in measured[group].items():
            low, high = row["interval"]
            figures = f"{row['precision1']:.3f} | {row['recall5']:.3f}"
            lines.append(
                f"| {name}{told} | {row['ndcg10']:.3f} | {low:.3f}–{high:.3f} | {figures} |"
            )
    traps = f"{measured['trap_rate']:.0%} of {measured['pairs_allowed']:,} pairs"
    lines += ["", f"Proposed though a rule refuses it: {traps}.", ""]
    return "\n".join(lines)


def _built(model: Model, entries: Sequence[Mapping[str, Any]], as_of: date) -> MatchIndex:
    """As `rank` does it: words weighed over the file."""

    def of(kind: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        return [read(entry) for entry in entries if entry["kind"] == kind]

    members = of("member", member_from)
    capabilities: list[Capability] = of("capability", capability_from)
    needs: list[Need] = of("need", need_from)
    counted = counted_over(model, members, capabilities, needs)
    return counted.build(members, capabilities, needs, as_of)


def _labels(path: Path) -> Labels:
    labels: defaultdict[tuple[str, str], int] = defaultdict(int)
    for line in path.read_text("utf-8").splitlines()[1:]:
        need, capability, grade = line.split("\t")
        labels[need, capability] = int(grade)
    return labels


def _judged(index: MatchIndex, labels: Labels, *, every: bool = False) -> list[Judged]:
    """Needs left with a relevant capability, with the features both sides' own words make."""
    found = index.rated_for_all(index.need_ids(), top=len(index.capability_ids()))
    judged = []
    for need, pairs in sorted(found.items()):
        grades = np.array([labels[need, one.capability_id] for one in pairs], dtype=np.int64)
        rows = [one.features[: len(COSINES)] for one in pairs]
        if every or (grades >= RELEVANT).any():
            ids = [one.capability_id for one in pairs]
            judged.append(Judged(need, ids, np.array(rows, dtype=np.float64), grades))
    return judged


def _own(judged: Sequence[Judged]) -> list[Scores]:
    """Negative ranks, so that equal rounded scores keep Convene's own order."""
    return [-np.arange(len(one.grades), dtype=np.float64) for one in judged]


def _text_scores(index: MatchIndex, cache: VectorCache) -> dict[str, Scores]:
    """Tables of shape (n_needs, n_capabilities), in the order of the sorted ids."""
    market = index.market
    needs = [_text(market.needs[one]) for one in index.need_ids()]
    offered = [_text(market.capabilities[one]) for one in index.capability_ids()]
    words = bm25s.BM25()
    words.index([stems_of(text) for text in offered], show_progress=False)
    bm25 = np.array([words.get_scores(stems_of(text)) for text in needs], dtype=np.float64)
    fitted = TfidfVectorizer(analyzer=stems_of, sublinear_tf=True).fit(offered)
    tfidf = np.asarray((fitted.transform(needs) @ fitted.transform(offered).T).toarray())
    found = {"BM25 on stems": bm25, "TF-IDF on stems": tfidf}
    encoder = find_encoder(cache, None)
    if encoder is not None:
        cosines = encoder.transform(needs) @ encoder.transform(offered).T
        found["MiniLM cosine"] = np.asarray(cosines, dtype=np.float64)
    ranks = [np.argsort(np.argsort(-scores, axis=1), axis=1) for scores in found.values()]
    fused = [1 / (FUSION + 1 + rank) for rank in ranks]
    found["Reciprocal rank fusion of the three"] = np.sum(fused, axis=0)
    return found


def _text(listing: Need | Capability) -> str:
    return f"{listing.title}. {listing.description}"


def _by(scores: Scores, judged: Sequence[Judged], index: MatchIndex) -> list[Scores]:
    """A table's scores of each need's allowed pairs."""
    rows = {need: row for row, need in enumerate(index.need_ids())}
    columns = {one: column for column, one in enumerate(index.capability_ids())}
    return [
        scores[rows[one.need_id], [columns[name] for name in one.capability_ids]] for one in judged
    ]


def _with_columns(
    judged: Sequence[Judged], index: MatchIndex, tables: Sequence[Scores], named: Sequence[str]
) -> list[Judged]:
    """The same needs with a simple method's features: text scores, and some of Convene's fields."""
    text = [_by(scores, judged, index) for scores in tables]
    own = [COSINES.index(name) for name in named]
    return [
        Judged(
            one.need_id,
            one.capability_ids,
            np.column_stack([*(scores[at] for scores in text), one.features[:, own]]),
            one.grades,
        )
        for at, one in enumerate(judged)
    ]


def _figures_of(judged: Sequence[Judged], repeats: Sequence[Sequence[Scores]]) -> Figures:
    """Mean over the repeats, shape (n_needs, 3)."""
    every = [
        [_figures(one, scores) for one, scores in zip(judged, repeat, strict=True)]
        for repeat in repeats
    ]
    return np.asarray(np.array(every, dtype=np.float64).mean(axis=0), dtype=np.float64)


def _figures(one: Judged, scores: Scores) -> tuple[float, float, float]:
    """nDCG@10 with gains 2^grade − 1, precision@1, recall@5; ties by id."""
    order = sorted(range(len(scores)), key=lambda at: (-scores[at], one.capability_ids[at]))
    grades = one.grades[order]
    discount = 1 / np.log2(np.arange(2, 12))
    gains, ideal = 2.0 ** grades[:10] - 1, np.sort(2.0**grades - 1)[::-1][:10]
    ndcg = gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)])
    relevant = grades >= RELEVANT
    return float(ndcg), float(relevant[0]), float(relevant[:5].sum() / relevant.sum())


def _summary(figures: Figures) -> dict[str, Any]:
    draw = np.random.default_rng(SEED)
    means = [figures[draw.integers(0, len(figures), len(figures)), 0].mean() for _ in range(DRAWS)]
    interval = [round(float(one), 4) for one in np.quantile(means, [0.025, 0.975])]
    told = dict(zip(MEASURES, (round(float(one), 4) for one in figures.mean(axis=0)), strict=True))
    return {**told, "interval": interval}


def _traps(index: MatchIndex, eligible: Path) -> float:
    """Share of proposed pairs that the rules of the set refuse."""
    allowed = {tuple(pair) for pair in json.loads(eligible.read_text("utf-8"))}
    found = index.rated_for_all(index.need_ids(), top=len(index.capability_ids()))
    proposed = [(need, one.capability_id) for need, pairs in found.items() for one in pairs]
    return sum(pair not in allowed for pair in proposed) / max(len(proposed), 1)


if __name__ == "__main__":
    main()
