"""`make bench-quality`: how good proposals are on labelled data, beside what one would pick instead.

Run: python -m benchmarks.quality [--data FOLDER] [--as-of DATE] [--vectors FILE] [--print]
One program and one table a set; every figure stands beside its baselines of the same run. Writes
docs/benchmarks/quality.json and the section between the marks of docs/benchmarks.md.
"""

import argparse
import json
import platform
import sys
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.quality import baselines, goals, partnerships, report, texts
from benchmarks.quality.kept import KeptVectors
from benchmarks.quality.measures import DRAWS, SEED
from benchmarks.quality.sets import load_sets
from services.matcher.scoring.index import load_model
from services.matcher.scoring.text.represent import find_encoder

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("numpy", "scipy", "scikit-learn", "bm25s", "onnxruntime", "tokenizers")


def main() -> int:
    chosen = _arguments()
    cache = KeptVectors(chosen.vectors)
    models = {
        texts.OURS_WITHOUT: load_model(semantic=False),
        texts.OURS: load_model(cache=cache),
    }
    encoder = find_encoder(cache, None)
    results = _about(chosen.as_of, models)
    results["sets"] = {}
    for found in load_sets(chosen.data / "bench"):
        results["sets"][found.name] = texts.measure(found, models, encoder, chosen.as_of)
        print(report.set_table(found.name, results["sets"][found.name]), flush=True)
        cache.save()
    results["mean"] = report.means(results["sets"])
    print(report.mean_table(results["mean"]))
    results["partnerships"] = partnerships.measure(
        chosen.data / "partnerships", chosen.as_of, cache
    )
    print(partnerships.table(results["partnerships"]), flush=True)
    results["goals"] = goals.measure(chosen.data / "bench" / "ukcat_goals.jsonl", cache)
    print(goals.table(results["goals"]))
    cache.save()
    if not chosen.print:
        _write(results)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    parser.add_argument("--vectors", type=Path, help="keep sentence vectors here between runs")
    parser.add_argument("--print", action="store_true", help="write no file")
    return parser.parse_args()


def _about(as_of: date, models: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "as_of": as_of.isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "seed": SEED,
        "bootstrap_draws": DRAWS,
        "held_out": "first byte of the query id's SHA-256 is odd",
        "versions": {name: version(name) for name in PACKAGES},
        "models": {name: model.version for name, model in models.items()},
        "settings": baselines.SETTINGS,
    }


def _write(results: dict[str, Any]) -> None:
    out = ROOT / "docs" / "benchmarks" / "quality.json"
    out.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    report.write_section(ROOT / "docs" / "benchmarks.md", results)
    print(f"written to {out}")


if __name__ == "__main__":
    sys.exit(main())
