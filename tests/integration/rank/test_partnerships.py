"""On needs and offers of real partnerships: every rule as labelled, and matches good enough."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.matcher.domain.entities import capability_from, member_from, need_from
from services.matcher.scoring.index import MatchIndex, Model, load_model
from services.matcher.scoring.results import Scored

DAY = date(2026, 12, 1)
Labels = Mapping[tuple[str, str], int]


@pytest.fixture(scope="module")
def objects(partnerships: Path) -> list[dict[str, Any]]:
    lines = (partnerships / "coalition.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def labels(partnerships: Path) -> Labels:
    rows = (partnerships / "labels.tsv").read_text("utf-8").splitlines()[1:]
    graded: defaultdict[tuple[str, str], int] = defaultdict(int)
    for need, capability, grade in (row.split("\t") for row in rows):
        graded[need, capability] = int(grade)
    return graded


def _index(model: Model, objects: list[dict[str, Any]]) -> MatchIndex:
    by_kind: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in objects:
        by_kind[entry["kind"]].append(entry)
    return model.build(
        [member_from(entry) for entry in by_kind["member"]],
        [capability_from(entry) for entry in by_kind["capability"]],
        [need_from(entry) for entry in by_kind["need"]],
        DAY,
    )


def _figures(lists: Mapping[str, list[Scored]], labels: Labels) -> tuple[float, float, float]:
    """nDCG@10, precision@1 and recall@5 over the needs that have a relevant capability left."""
    ndcg, precision, recall = [], [], []
    discount = 1 / np.log2(np.arange(2, 12))
    for need_id, found in lists.items():
        grades = np.array([labels[need_id, one.capability_id] for one in found])
        if not (grades >= 2).any():
            continue
        gains, ideal = 2.0 ** grades[:10] - 1, np.sort(2.0**grades - 1)[::-1][:10]
        ndcg.append(gains @ discount[: len(gains)] / (ideal @ discount[: len(ideal)]))
        precision.append(grades[0] >= 2)
        recall.append((grades[:5] >= 2).sum() / (grades >= 2).sum())
    assert len(ndcg) == 25
    return float(np.mean(ndcg)), float(np.mean(precision)), float(np.mean(recall))


def test_rules_agree_with_the_pairs_that_may_be_proposed(
    model: Model, objects: list[dict[str, Any]], partnerships: Path
) -> None:
    index = _index(model, objects)
    lists = index.proposals_for_all(index.need_ids(), top=1_000)
    proposed = {(need_id, one.capability_id) for need_id, found in lists.items() for one in found}
    eligible = {tuple(pair) for pair in json.loads((partnerships / "eligible.json").read_text())}
    assert proposed == eligible


def test_good_partners_come_first(
    model: Model, objects: list[dict[str, Any]], labels: Labels
) -> None:
    index = _index(model, objects)
    ndcg, precision, recall = _figures(index.proposals_for_all(index.need_ids(), 1_000), labels)
    assert ndcg >= 0.91
    assert precision >= 0.92
    assert recall >= 0.90


def test_words_alone_still_do(objects: list[dict[str, Any]], labels: Labels) -> None:
    index = _index(load_model(semantic=False), objects)
    ndcg, precision, recall = _figures(index.proposals_for_all(index.need_ids(), 1_000), labels)
    assert ndcg >= 0.85
    assert precision >= 0.80
    assert recall >= 0.80


def test_scores_say_which_pairs_to_propose(
    model: Model, objects: list[dict[str, Any]], labels: Labels
) -> None:
    index = _index(model, objects)
    lists = index.proposals_for_all(index.need_ids(), top=1_000)
    scores: defaultdict[int, list[float]] = defaultdict(list)
    for need_id, found in lists.items():
        for one in found:
            scores[labels[need_id, one.capability_id]].append(one.score)
    shares = {grade: np.mean(np.array(found) >= 0.3) for grade, found in scores.items()}
    assert shares[3] == 1.0
    assert shares[2] >= 0.9
    assert shares[0] <= 0.05
