"""What verdicts teach, by simulated coordinators with a hidden taste: part of `make bench-quality`.

Run: python -m benchmarks.learning [--runs N] [--print]
Writes docs/benchmarks/learning.json and the section between the marks of docs/benchmarks.md.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the matrices are tiny
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.learning.simulate import AFTER, FRESH_NEEDS, SHOWN, Point, simulate
from benchmarks.learning.tastes import TASTES, Taste

ROOT = Path(__file__).resolve().parents[2]
START, END = "<!-- learning: written by benchmarks.learning -->", "<!-- end of learning -->"
SEED = 20261201
RUNS = 8
MOST_ECE = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="coalitions of each taste")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--print", action="store_true", help="write no file")
    chosen = parser.parse_args()
    with ProcessPoolExecutor(chosen.workers) as pool:
        results = _about(chosen.runs)
        for place, taste in enumerate(TASTES):
            seeds = [SEED + 1_000 * place + run for run in range(chosen.runs)]
            runs = list(pool.map(simulate, [taste] * len(seeds), seeds))
            results["tastes"][taste.name] = _summed(taste, runs)
            print(_row(taste.name, results["tastes"][taste.name]), flush=True)
    if not chosen.print:
        _write(results)
    return 0


def _about(runs: int) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "seed": SEED,
        "runs": runs,
        "fresh_needs": FRESH_NEEDS,
        "shown": SHOWN,
        "tastes": {},
    }


def _summed(taste: Taste, runs: Sequence[Sequence[Point]]) -> dict[str, Any]:
    """Means over runs; `change` is nDCG in use against cold start, with two standard errors."""
    cold = np.array([run[0].ndcg for run in runs])
    points = []
    for place, after in enumerate(AFTER):
        at = [run[place] for run in runs]
        change = np.array([one.ndcg for one in at]) - cold
        points.append(
            {
                "verdicts": after,
                **{
                    name: round(float(np.mean([getattr(one, name) for one in at])), 4)
                    for name in ("ndcg", "ece", "learned_ndcg", "learned_ece")
                },
                "offered": sum(one.offered for one in at),
                "change": round(float(change.mean()), 4),
                "noise": round(2 * float(change.std(ddof=1)) / len(runs) ** 0.5, 4)
                if len(runs) > 1
                else 0.0,
            }
        )
    return {
        "times": dict(taste.times),
        "shift": taste.shift,
        "slips": taste.slips,
        "points": points,
    }


def _row(name: str, summed: dict[str, Any]) -> str:
    cells = [f"{one['ndcg']:.3f} ({one['ece']:.3f})" for one in summed["points"]]
    learned = [f"{one['learned_ndcg']:.3f} ({one['learned_ece']:.3f})" for one in summed["points"]]
    offered = "/".join(str(one["offered"]) for one in summed["points"][1:])
    return f"| {name} | {' | '.join(cells)} | {learned[-1]} | {offered} |"


def _table(results: dict[str, Any]) -> str:
    head = " | ".join(f"{after:,}" for after in AFTER)
    return "\n".join(
        [
            f"| hidden taste: nDCG@10 (ECE) after verdicts | {head} | learned, 1,000 | offers |",
            "|---|" + "---|" * (len(AFTER) + 2),
            *(_row(name, one) for name, one in results["tastes"].items()),
        ]
    )


def _section(results: dict[str, Any]) -> str:
    points = [one for taste in results["tastes"].values() for one in taste["points"]]
    worst = min(points, key=lambda one: one["change"])
    late = [one["ece"] for one in points if one["verdicts"] == AFTER[-1]]
    early = [one["ece"] for one in points if one["verdicts"] == AFTER[-2]]
    return (
        f"{START}\n## What verdicts teach\n\n"
        f"Simulated coordinators decide on the {results['shown']} best proposals of each need by a taste that "
        f"nobody sees, with reasons and slips\n(`benchmarks/learning`; {results['runs']} coalitions a taste, "
        f"{results['fresh_needs']} fresh needs each, seed {results['seed']}, {results['date']},\n"
        f"{results['machine']}; [learning.json](benchmarks/learning.json) holds the numbers). The gain of a "
        "candidate is the hidden probability of a yes.\nEach figure is of the weights in use: offered ones are "
        "accepted, others are not. *Learned* are the last ones learned,\nwhether offered or not; *offers* counts "
        "the coalitions with an offer after 50, 200 and 1,000 verdicts.\n\n"
        f"{_table(results)}\n\n"
        f"Against the cold start nDCG changes by {worst['change']:+.4f} ± {worst['noise']:.4f} (two standard "
        f"errors) where it does worst. The calibration\nerror is at most {max(early):.3f} after 200 verdicts and "
        f"{max(late):.3f} after 1,000. Asked for was {MOST_ECE}: missed by tastes far from the\npriors until enough was "
        "said to tell them from chance, which is when weights are offered.\n"
        f"{END}\n"
    )


def _write(results: dict[str, Any]) -> None:
    docs = ROOT / "docs"
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    (docs / "benchmarks" / "learning.json").write_text(text, encoding="utf-8")
    page = (docs / "benchmarks.md").read_text(encoding="utf-8")
    before, mark, rest = page.partition(START)
    after = rest.partition(END + "\n")[2] if mark else ""
    joint = "" if mark or before.endswith("\n\n") else "\n"
    (docs / "benchmarks.md").write_text(before + joint + _section(results) + after, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
