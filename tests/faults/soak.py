"""The long run: every row of faults again and again with new seeds, each for its share of the time.

`python -m tests.faults.soak --minutes 60` goes on where it was stopped (state in var/soak) and writes
docs/evidence/soak-DATE.md and .json: numbers, seeds, machine. A run of one row with the seed of the
report shows the same again: `--row NAME --seed N --fresh`.
"""

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import soak_report
from tests.faults.rows.reached import Reached
from tests.faults.soak_rows import ROWS, Row, Servers

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "var" / "soak" / "state.json"
EVIDENCE = ROOT / "docs" / "evidence"


@dataclass
class State:
    """What was reached so far; written after every run of a row."""

    path: Path
    seed: int
    minutes: float
    rows: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, path: Path, seed: int, minutes: float) -> "State":
        if path.exists():
            kept = json.loads(path.read_text())
            return cls(path, kept["seed"], minutes, kept["rows"])
        return cls(path, seed, minutes, {})

    def of(self, row: Row) -> dict[str, Any]:
        empty = {"seconds": 0.0, "runs": 0, "numbers": {}, "wrong": []}
        return self.rows.setdefault(row.name, empty)

    def note(self, row: Row, seed: int, seconds: float, reached: Reached) -> None:
        kept = self.of(row)
        kept["seconds"] += seconds
        kept["runs"] += 1
        kept["wrong"] += [f"seed {seed}: {wrong}" for wrong in reached.wrong][:20]
        kept["numbers"] = merged(kept["numbers"], reached.numbers)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_suffix(".new")
        aside.write_text(json.dumps({"seed": self.seed, "rows": self.rows}, indent=1))
        aside.replace(self.path)


def merged(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Counts add up; of what is "slowest" the most, of what is "per second" the least."""
    found = dict(before)
    for name, value in now.items():
        rule: Callable[[float, float], float] = lambda a, b: a + b  # noqa: E731
        if name.startswith("slowest"):
            rule = max
        elif "per second" in name:
            rule = min
        found[name] = round(rule(found[name], value), 2) if name in found else value
    return found


def run_row(row: Row, state: State, servers: Servers) -> None:
    cap = state.minutes * 60 * row.share
    while (left := cap - state.of(row)["seconds"]) > 0:
        seed = state.seed + state.of(row)["runs"]
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="convene-soak-") as folder:
            reached = _tried(row, servers, Path(folder), seed, left)
        state.note(row, seed, time.monotonic() - began, reached)
        _say(f"{row.name}: {state.of(row)['runs']} runs, {len(state.of(row)['wrong'])} wrong")


def _tried(row: Row, servers: Servers, folder: Path, seed: int, seconds: float) -> Reached:
    """A row that fails is a finding, and the others go on."""
    try:
        return row.run(servers, folder, seed, seconds)
    except Exception as error:  # noqa: BLE001 - reported with its seed
        traceback.print_exc()
        return Reached(differences=[f"{type(error).__name__}: {error}"[:1_000]])


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=60.0, help="for all rows together")
    words.add_argument("--seed", type=int, default=20_261_125)
    words.add_argument("--row", choices=[row.name for row in ROWS], help="only this one")
    words.add_argument("--fresh", action="store_true", help="forget what an earlier run reached")
    words.add_argument("--evidence", type=Path, default=EVIDENCE, help="where the report goes")
    given = words.parse_args()
    if given.fresh:
        STATE.unlink(missing_ok=True)
    state = State.load(STATE, given.seed, given.minutes)
    _say(f"seed {state.seed}, {given.minutes} minutes, state in {STATE}")
    with Servers() as servers:
        for row in ROWS:
            if given.row in (None, row.name):
                run_row(row, state, servers)
    path = soak_report.write(given.evidence, state.seed, given.minutes, state.rows)
    wrong = sum(len(kept["wrong"]) for kept in state.rows.values())
    _say(f"{wrong} wrong; report in {path}")
    STATE.unlink(missing_ok=True)
    return 1 if wrong else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
