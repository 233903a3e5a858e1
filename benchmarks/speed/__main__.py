"""`python -m benchmarks.speed [SIZE ...]`: how fast the best of every need is found (`make bench`).

Sizes are needs and as many capabilities (1000, 10000 and 100000 unless told). Everything runs on
one thread, ours and its peers in turn, so that what counts, the ratios, comes from one run. Prints
each figure as it comes and writes docs/benchmarks/speed.json.
"""

import json
import math
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faiss
from threadpoolctl import threadpool_limits

from benchmarks import tables
from benchmarks.speed import scenes
from benchmarks.speed.market import SEED, draw
from services.matcher.scoring.retrieval import sifting

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "speed.json"
SIZES = (1_000, 10_000, 100_000)
PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "faiss-cpu", "sparse_dot_topn", "bm25s",
            "usearch")  # fmt: skip


def main() -> int:
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, one thread, Python {platform.python_version()}",
        "seed": SEED,
        "versions": {name: version(name) for name in PACKAGES},
        "sizes": {},
    }
    sifting.THREADS = 1
    faiss.omp_set_num_threads(1)
    with threadpool_limits(limits=1):
        for size in sizes:
            results["sizes"][size] = measured = _of_size(size)
            _write(results)
            print(f"{size}: {json.dumps(measured, indent=1)}", flush=True)
        results["texts alone, 10,000 × 10,000"] = scenes.texts_alone(draw(10_000))
        results["growth"] = _growth(results["sizes"])
    _write(results)
    tables.write("speed")
    print(json.dumps(results, indent=1, sort_keys=True))
    return 0


def _of_size(size: int) -> dict[str, Any]:
    drawn = draw(size)
    index, building = scenes.build(drawn)
    return {
        "build": building,
        "full rematch": scenes.full_rematch(drawn, index),
        "one change": scenes.one_change(drawn, index),
    }


def _growth(sizes: Mapping[int, Mapping[str, Any]]) -> dict[str, float]:
    """Exponents between the smallest and the largest size: 2 is that of all pairs."""
    if len(sizes) < 2:
        return {}
    small, large = min(sizes), max(sizes)

    def exponent(*path: str) -> float:
        values: list[Any] = [sizes[small], sizes[large]]
        for name in path:
            values = [value[name] for value in values]
        return round(math.log(values[1] / values[0]) / math.log(large / small), 2)

    return {
        "full rematch": exponent("full rematch", "seconds"),
        "one new need": exponent("one change", "need p50 ms"),
        "one new capability": exponent("one change", "capability p50 ms"),
        "memory": exponent("build", "megabytes"),
    }


def _write(results: Mapping[str, Any]) -> None:
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
