"""`make bench-market`: who is proposed to whom, in markets where some are wanted by everybody.

Prints a table for each degree of crowding and one of times, and writes docs/benchmarks/market.json.
Every method has the same markets, seeds and draws.
"""

import argparse
import json
import platform
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from benchmarks import tables
from benchmarks.chain.report import median, table
from benchmarks.market import methods
from benchmarks.market.markets import market
from benchmarks.market.measures import measures

OUT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "market.json"
SIZE = 300
CROWDING = (0.2, 0.5, 0.8)
SEEDS = (1, 2, 3, 4, 5)
SIZES = (100, 300, 1_000)
BETAS = (0.05, 0.1, 0.2, 0.5)
METHODS: dict[str, methods.Method] = {
    "one-sided ranking": methods.one_sided,
    "product of scores (greedy top-3)": methods.product,
    "stable matching": methods.stable,
    "Nash social welfare": methods.nash,
    "greedy within capacity": methods.greedy,
    "optimum within capacity": methods.within_capacity,
    "optimum, two proposals a place": methods.exact,
    "Convene's round": methods.convene,
}
COLUMNS = ("agreed", "worst_tenth", "envy", "gini", "over_capacity", "needs_without", "sum")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    chosen = parser.parse_args()
    results: dict[str, Any] = {
        "as_of": chosen.as_of.isoformat(),
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        "size": SIZE,
        "seeds": SEEDS,
        "markets": {str(crowding): _compare(crowding) for crowding in CROWDING},
        "seconds": _times(),
    }
    OUT.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    tables.write("market")
    print(f"\nwritten to docs/benchmarks/{OUT.name}")
    return 0


def _compare(crowding: float) -> dict[str, dict[str, float]]:
    asked = dict(METHODS)
    beta = _best_beta(crowding)
    asked[f"transferable utility (beta {beta})"] = methods.transferable(beta)
    found = {name: _measured(method, crowding) for name, method in asked.items()}
    table(
        f"crowding {crowding}, {SIZE} needs and capabilities, mean of {len(SEEDS)} seeds",
        ("method", *COLUMNS),
        [(name, *(f"{row[column]:.3f}" for column in COLUMNS)) for name, row in found.items()],
    )
    return found


def _measured(method: methods.Method, crowding: float) -> dict[str, float]:
    rows = []
    for seed in SEEDS:
        made = market(SIZE, crowding, seed)
        rows.append(measures(made, method(made), seed))
    return {column: round(float(np.mean([row[column] for row in rows])), 3) for column in COLUMNS}


def _best_beta(crowding: float) -> float:
    """Its one setting, the best for agreed matches on a market that is not compared on."""
    made = market(SIZE, crowding, seed=0)
    return max(
        BETAS, key=lambda beta: measures(made, methods.transferable(beta)(made), 0)["agreed"]
    )


def _times() -> dict[str, Any]:
    """Seconds of the processor by method and size, with the power of the size that they grow by."""
    timed = {
        "stable matching": methods.stable,
        "Nash social welfare": methods.nash,
        "transferable utility": methods.transferable(BETAS[1]),
        "greedy within capacity": methods.greedy,
        "optimum, two proposals a place": methods.exact,
        "Convene's round": methods.convene,
    }
    found: dict[str, Any] = {name: {} for name in timed}
    for size in SIZES:
        made = market(size, 0.5, seed=1)
        for name, method in timed.items():
            found[name][str(size)] = _seconds(method, made, repeat=3 if size < 1_000 else 1)
    for seconds in found.values():
        seconds["exponent"] = _exponent(seconds)
    table("seconds of the processor", ("method", *found["stable matching"]),
          [(name, *(f"{value:.2f}" for value in row.values())) for name, row in found.items()])  # fmt: skip
    return found


def _seconds(method: methods.Method, made: Any, repeat: int) -> float:
    spent = []
    for _ in range(repeat):
        start = time.process_time()
        method(made)
        spent.append(time.process_time() - start)
    return round(median(spent), 3)


def _exponent(seconds: dict[str, float]) -> float:
    sizes, spent = (np.log(list(values)) for values in (map(float, seconds), seconds.values()))
    return round(float(np.polyfit(sizes, spent, 1)[0]), 2)


if __name__ == "__main__":
    sys.exit(main())
