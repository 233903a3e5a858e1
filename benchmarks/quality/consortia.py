"""Consortia: equal to trying every subset, each member necessary, and found where labels say so.

Run: python -m benchmarks.quality.consortia FOLDER [--as-of 2026-12-01] [--print]
FOLDER has coalition.jsonl and labels.tsv (need, capability, grade 0 to 3). The labels are of pairs:
a need is taken to have a consortium where pairs of grade 2 or more that the rules allow bring
together more of what it wants than any of them alone. Writes docs/benchmarks/consortia.json.
"""

import argparse
import itertools
import json
import platform
import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from services.matcher.domain.entities import capability_from, member_from, need_from
from services.matcher.scoring.choosing.bundle import Bundle, Candidate, Limits, best_bundle
from services.matcher.scoring.choosing.consortia import DEEP, candidates_of, with_conflicts
from services.matcher.scoring.index import MatchIndex, load_model
from services.matcher.scoring.learning.scorer import PROPOSAL_THRESHOLD

KINDS = ("expertise", "venue", "reach", "funding", "workforce", "equipment", "jobs")
SEED, DRAWS, MOST_TRIED = 20261201, 400, 24
OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "consortia.json"
Labels = dict[tuple[str, str], int]


def consortia(folder: Path, as_of: date) -> dict[str, Any]:
    """Every figure, by name."""
    index, labels = _index(folder, as_of), _labels(folder / "labels.tsv")
    return {
        "partnerships": _on_labels(index, labels),
        "brute_force": _against_brute_force(index),
        "seconds": _seconds(),
    }


# --- on labelled pairs ---
def _on_labels(index: MatchIndex, labels: Labels) -> dict[str, Any]:
    found, wanted, grades, naive_fails = [], [], [], 0
    for need_id in index.need_ids():
        candidates = _candidates(index, need_id)
        wants = index.market.needs[need_id].wants
        bundle = _best(index, wants, candidates)
        good = [one for one in candidates if labels.get((need_id, one.capability_id), 0) >= 2]
        if _brings_more_together(good):
            wanted.append(need_id)
        if bundle is not None:
            found.append(need_id)
            grades += [labels.get((need_id, one), 0) for one in bundle.ids]
            naive_fails += not _each_necessary(_best_of_each_kind(candidates, wants))
    return {
        "needs": len(index.need_ids()),
        "with_a_labelled_consortium": len(wanted),
        "of_these_found": len(set(wanted) & set(found)),
        "proposed": len(found),
        "suppliers_proposed": len(grades),
        "suppliers_of_grade_2_or_more": sum(grade >= 2 for grade in grades),
        "suppliers_of_grade_1": sum(grade == 1 for grade in grades),
        "best_of_each_kind_has_one_too_many": naive_fails,
    }


def _brings_more_together(good: Sequence[Candidate]) -> bool:
    alone = max((len(one.brings) for one in good), default=0)
    return len(frozenset().union(*(one.brings for one in good))) > alone


def _best_of_each_kind(candidates: Sequence[Candidate], wants: Iterable[str]) -> set[Candidate]:
    """The naive way: the best pair for each kind, whoever it is."""
    picked = set()
    for kind in wants:
        able = [one for one in candidates if kind in one.brings]
        if able:
            picked.add(min(able, key=lambda one: (-one.score, one.capability_id)))
    return picked


def _each_necessary(suppliers: Iterable[Candidate]) -> bool:
    return all(Bundle(tuple(suppliers), frozenset({"any"})).only_from().values())


# --- against every subset ---
def _against_brute_force(index: MatchIndex) -> dict[str, Any]:
    """On the needs of the set and on random ones, wherever every subset can be tried."""
    tried = equal = necessary = bundles = 0
    for wanted, candidates, limits in [*_real(index), *_random()]:
        ours = best_bundle(wanted, candidates, limits)
        tried += 1
        equal += ours == _every_subset(frozenset(wanted), candidates, limits)
        if ours is not None:
            bundles += 1
            necessary += all(ours.only_from().values())
    return {"tried": tried, "equal": equal, "bundles": bundles, "each_necessary": necessary}


def _real(index: MatchIndex) -> Iterable[tuple[Sequence[str], list[Candidate], Limits]]:
    for need_id in index.need_ids():
        candidates = _candidates(index, need_id)[:MOST_TRIED]
        limits = with_conflicts(index, candidates, Limits(least=PROPOSAL_THRESHOLD))
        yield index.market.needs[need_id].wants, candidates, limits


def _random() -> Iterable[tuple[Sequence[str], list[Candidate], Limits]]:
    draw = random.Random(SEED)  # noqa: S311 - repeatable
    for _ in range(DRAWS):
        count = draw.randint(2, 16)
        members = [f"m{draw.randrange(count)}" for _ in range(count)]
        candidates = [_drawn(draw, number, member) for number, member in enumerate(members)]
        apart = {frozenset(draw.sample(sorted({*members, "x", "y"}), 2)) for _ in range(3)}
        limits = Limits(PROPOSAL_THRESHOLD, draw.randint(3, 5), apart)
        yield draw.sample(KINDS, draw.randint(2, 5)), candidates, limits


def _drawn(draw: random.Random, number: int, member: str) -> Candidate:
    brings = frozenset(draw.sample(KINDS, draw.choice([1, 1, 2, 2, 3])))
    return Candidate(f"c{number:04}", member, round(draw.uniform(0.2, 1), 4), brings)


def _every_subset(
    wanted: frozenset[str], candidates: Sequence[Candidate], limits: Limits
) -> Bundle | None:
    useful = [
        Candidate(one.capability_id, one.member_id, one.score, one.brings & wanted)
        for one in candidates
        if one.brings & wanted and one.score >= limits.least
    ]
    alone = [Bundle((one,), wanted) for one in useful]
    most = max((len(one.covered) for one in alone), default=0)
    found = [
        bundle
        for size in range(2, limits.members)
        for chosen in itertools.combinations(useful, size)
        if (bundle := _allowed(chosen, wanted, limits)) and len(bundle.covered) > most
    ]
    return min(found, key=lambda one: one.rank, default=None)


def _allowed(chosen: Sequence[Candidate], wanted: frozenset[str], limits: Limits) -> Bundle | None:
    members = [one.member_id for one in chosen]
    together = itertools.combinations(members, 2)
    if len(set(members)) < len(members) or any(frozenset(two) in limits.apart for two in together):
        return None
    bundle = Bundle(tuple(sorted(chosen, key=lambda one: one.capability_id)), wanted)
    fits = all(bundle.only_from().values()) and bundle.score >= limits.least
    return bundle if fits else None


# --- speed ---
def _seconds() -> dict[str, float]:
    """Worst of five searches, of the processor, by how many suppliers fit and how many kinds are wanted."""
    draw = random.Random(SEED)  # noqa: S311 - repeatable
    worst = {}
    for count, kinds in itertools.product((30, 300, 3_000), (2, 4, 7)):
        took = []
        for _ in range(5):
            candidates = [_drawn(draw, number, f"m{number}") for number in range(count)]
            start = time.process_time()
            best_bundle(KINDS[:kinds], candidates, Limits(PROPOSAL_THRESHOLD))
            took.append(time.process_time() - start)
        worst[f"{count} suppliers, {kinds} kinds"] = round(max(took), 4)
    return worst


# --- parts ---
def _candidates(index: MatchIndex, need_id: str) -> list[Candidate]:
    rated = index.rated_for_all([need_id], DEEP)[need_id]
    found = candidates_of(index, need_id, index.market.needs[need_id].wants, rated)
    return [one for one in found if one.score >= PROPOSAL_THRESHOLD]


def _best(index: MatchIndex, wants: Sequence[str], candidates: list[Candidate]) -> Bundle | None:
    limits = with_conflicts(index, candidates, Limits(least=PROPOSAL_THRESHOLD))
    return best_bundle(wants, candidates, limits)


def _index(folder: Path, as_of: date) -> MatchIndex:
    entries = [json.loads(line) for line in (folder / "coalition.jsonl").open("rb")]
    return load_model().build(
        [member_from(one) for one in entries if one["kind"] == "member"],
        [capability_from(one) for one in entries if one["kind"] == "capability"],
        [need_from(one) for one in entries if one["kind"] == "need"],
        as_of,
    )


def _labels(path: Path) -> Labels:
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines()[1:])
    return {(need, capability): int(grade) for need, capability, grade in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    parser.add_argument("--print", action="store_true", help="write no file")
    chosen = parser.parse_args()
    figures = consortia(chosen.folder, chosen.as_of) | {
        "date": datetime.now(UTC).date().isoformat(),
        "as_of": chosen.as_of.isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "seed": SEED,
    }
    text = json.dumps(figures, indent=1, sort_keys=True)
    print(text)
    if not chosen.print:
        OUT.write_text(text + "\n")


if __name__ == "__main__":
    main()
