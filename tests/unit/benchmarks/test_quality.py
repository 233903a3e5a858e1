"""The measures by hand, the halves fixed, and a toy set whose right answers are plain."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import baselines, report, texts
from benchmarks.quality.kept import KeptVectors
from benchmarks.quality.measures import difference, figures_of
from benchmarks.quality.sets import SetMissing, is_held_out, load_set, load_sets
from tests.worlds import a_model

pytestmark = pytest.mark.thorough

DAY = date(2026, 12, 1)
DOCUMENTS = {
    "d1": ("Reading club", "Stories and picture books for toddlers at the nursery"),
    "d2": ("Power", "Electricity apprenticeships with engineers for school leavers"),
    "d3": ("", "Heating advice for pensioners in cold flats"),
    "d4": ("Football", "Football for girls in the park"),
}
QUERIES = {"q1": "books for toddlers", "q2": "engineers and electricity", "q3": "cold pensioners"}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    documents = [
        json.dumps({"_id": one, "title": title, "text": text})
        for one, (title, text) in DOCUMENTS.items()
    ]
    queries = [json.dumps({"_id": one, "text": text}) for one, text in QUERIES.items()]
    queries.append(json.dumps({"_id": "unjudged", "text": "anything"}))
    (folder / "corpus.jsonl").write_text("\n".join(documents), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(queries), "utf-8")
    judged = ["query-id\tcorpus-id\tscore", "q1\td1\t2", "q2\td2\t1", "q3\td3\t1", "q1\td4\t0"]
    (folder / "qrels.tsv").write_text("\n".join(judged) + "\n", "utf-8")
    return folder


def test_figures_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.1]])
    figures = figures_of(scores, np.array([[0, 2, 0, 1]]))
    ideal = 3 + 1 / np.log2(3)
    assert figures.ndcg[0] == pytest.approx((3 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert figures.recall[0] == 1
    assert figures.precision[0] == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_what_comes_after_the_tenth_counts_for_the_mean_precision_alone() -> None:
    scores = -np.arange(12.0)[None]
    grades = np.zeros((1, 12), dtype=np.int64)
    grades[0, 11] = 1
    figures = figures_of(scores, grades)
    assert (figures.ndcg[0], figures.recall[0]) == (0, 0)
    assert figures.precision[0] == pytest.approx(1 / 12)


def test_a_difference_that_holds_everywhere_and_one_that_does_not() -> None:
    draw = np.random.default_rng(1)
    first = draw.random(60)
    assert difference(first + 0.1, first).verdict == "better"
    assert difference(first - 0.1, first).verdict == "worse"
    noise = np.tile([0.3, -0.3], 30)
    assert difference(first + noise, first).verdict == "no difference shown"


def test_the_halves_are_fixed_and_of_similar_size() -> None:
    halves = [is_held_out(f"q{number}") for number in range(1_000)]
    assert halves == [is_held_out(f"q{number}") for number in range(1_000)]
    assert 430 < sum(halves) < 570


def test_a_set_is_read_without_the_queries_nobody_judged(toy: Path) -> None:
    found = load_set(toy)
    assert found.query_ids == ["q1", "q2", "q3"]
    assert found.documents[2] == DOCUMENTS["d3"][1]
    assert found.documents[0].startswith("Reading club. ")
    assert found.grades.tolist() == [[2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_a_folder_without_sets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SetMissing, match="--data"):
        list(load_sets(tmp_path))


def test_every_method_finds_what_is_plain(toy: Path) -> None:
    model = a_model(meaning=False)
    measured = texts.measure(load_set(toy), {texts.OURS: model}, None, DAY)
    assert set(measured["methods"]) == {
        baselines.BM25,
        baselines.TFIDF,
        baselines.SVD,
        texts.OURS,
    }
    assert measured["methods"][texts.OURS]["ndcg10"] == 1
    assert measured["methods"][baselines.BM25]["map"] == 1
    table = report.set_table("toy", measured)
    assert "| **Convene** | 1.000" in table


def test_rank_fusion_prefers_what_both_rank_high() -> None:
    fused = baselines.fused(np.array([[3.0, 2.0, 1.0]]), np.array([[0.0, 3.0, 1.0]]))
    assert fused[0].argmax() == 1


def test_vectors_are_kept_between_runs(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npz"
    first = KeptVectors(path)
    vector = np.arange(4, dtype="<f4").tobytes()
    first.put_many({"a": vector})
    first.save()
    assert KeptVectors(path).get_many(["a", "b"]) == {"a": vector}
    assert KeptVectors(None).get_many(["a"]) == {}


def test_the_section_is_written_between_its_marks(tmp_path: Path, toy: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    found = load_set(toy)
    sets = {"toy": texts.measure(found, {texts.OURS: a_model(meaning=False)}, None, DAY)}
    about = {"date": "2026-12-01", "as_of": "2026-12-01", "machine": "m", "seed": 1,
             "bootstrap_draws": 5, "held_out": "half", "versions": {"numpy": "2"},
             "models": {"Convene": "v"}, "settings": {"BM25": "usual"}}  # fmt: skip
    results = {
        **about,
        "sets": sets,
        "mean": report.means(dict.fromkeys(report.MEAN_OF, sets["toy"])),
    }
    report.write_section(page, results)
    written = page.read_text("utf-8")
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert "### toy: 4 documents, 3 queries" in written
    page.write_text("no marks", "utf-8")
    with pytest.raises(report.NoMarks):
        report.write_section(page, results)
