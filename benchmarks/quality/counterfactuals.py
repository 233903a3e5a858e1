"""Whether “what would make it a match” is true, whether it is the smallest, and what it costs.

Run: python -m benchmarks.quality.counterfactuals [--data FOLDER] [--as-of DATE] [--print]
Near misses of every need of the labelled partnerships (no label is read). Valid: the change is made
in the whole coalition, and rules and scores are asked again there. Smallest: of every sixth near
miss all combinations are tried one by one, each in an index of its own. Writes
docs/benchmarks/counterfactuals.json and its section of docs/benchmarks.md.
"""

import argparse
import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from services.matcher.domain.entities import Member, capability_from, member_from, need_from
from services.matcher.scoring.index import MatchIndex, Model, load_model
from services.matcher.scoring.learning.scorer import PROPOSAL_THRESHOLD
from services.matcher.scoring.reasons.changes import Sides, applied, changes_of
from services.matcher.scoring.reasons.counterfactual import TOGETHER, Counterfactual
from services.matcher.scoring.reasons.near import NearMiss, change_for, near_misses, sides_of
from services.matcher.scoring.results import PairState
from services.matcher.scoring.text.alike import Text, what_carried
from services.matcher.scoring.text.cache import MemoryCache

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = (
    "<!-- counterfactuals: written by their benchmark -->",
    "<!-- end of counterfactuals -->",
)
EVERY = 6
Key = list[tuple[str, str, str]]


def measure(folder: Path, as_of: date) -> dict[str, Any]:
    """All figures, as JSON values. `folder` has coalition.jsonl."""
    model = load_model(cache=MemoryCache())
    index = _index(model, folder, as_of)
    found = [
        one for need in index.need_ids() for one in near_misses(index, need, PROPOSAL_THRESHOLD)
    ]
    checked = found[::EVERY]
    return {
        "near_misses": len(found),
        "needs": len(index.need_ids()),
        "kinds": _kinds(found),
        "valid": _share(found, lambda one: _is_valid(index, one)),
        "smallest": {
            "checked": len(checked),
            "right": sum(_is_smallest(index, one) for one in checked),
        },
        "milliseconds": _costs(index, found),
        "model": model.version,
    }


def table(measured: Mapping[str, Any]) -> str:
    """The section of docs/benchmarks.md."""
    valid, smallest, cost = (measured[name] for name in ("valid", "smallest", "milliseconds"))
    lines = [
        f"{measured['near_misses']} near misses of {measured['needs']} needs; up to {TOGETHER} changes.",
        "",
        "| | |",
        "|---|---|",
        f"| a change was found | {valid['of']} of {measured['near_misses']} |",
        f"| valid when made in the whole coalition and asked again | {valid['true']} of {valid['of']} |",
        f"| smallest, all combinations tried | {smallest['right']} of {smallest['checked']} |",
    ]
    lines += [
        f"| {name}, median and 95th of 100 | {row['p50']} and {row['p95']} ms |"
        for name, row in cost.items()
    ]
    lines += ["", "| near miss | pairs | one change | two | none |", "|---|---|---|---|---|"]
    lines += [
        f"| {kind} | {sum(row.values())} | {row['1']} | {row['2']} | {row['0']} |"
        for kind, row in measured["kinds"].items()
    ]
    named = f"Model {measured['model']}, as of {measured['as_of']}; {measured['machine']}."
    return "\n".join([*lines, "", named])


def _index(model: Model, folder: Path, as_of: date) -> MatchIndex:
    entries = [json.loads(line) for line in (folder / "coalition.jsonl").open("rb")]

    def of(kind: str, read: Callable[[dict[str, Any]], Any]) -> list[Any]:
        return [read(entry) for entry in entries if entry["kind"] == kind]

    return model.build(of("member", member_from), of("capability", capability_from),
                       of("need", need_from), as_of)  # fmt: skip


def _kinds(found: Sequence[NearMiss]) -> dict[str, dict[str, int]]:
    """By the rule that refused, how many changes are needed; "0": no combination is enough."""
    kinds: dict[str, Counter[str]] = {}
    for one in found:
        count = len(one.found.changes) if one.found else 0
        kinds.setdefault(one.rule or "below the threshold", Counter())[str(count)] += 1
    return {kind: {n: kinds[kind][n] for n in ("1", "2", "0")} for kind in sorted(kinds)}


def _share(found: Sequence[NearMiss], holds: Callable[[NearMiss], bool]) -> dict[str, int]:
    told = [one for one in found if one.found]
    return {"true": sum(holds(one) for one in told), "of": len(told)}


def _is_valid(index: MatchIndex, near: NearMiss) -> bool:
    """The change is made to the coalition itself, asked about, and taken back."""
    found = near.found
    if found is None:
        return True
    before = sides_of(index.market, near.need_id, near.capability_id)
    state = index.market.state
    _put(index, found.sides, replace(
        state,
        capacity_left={**state.capacity_left, near.capability_id: found.sides.capacity_left},
        places_left={**state.places_left, near.need_id: found.sides.places_left},
    ))  # fmt: skip
    allowed = index.refusal_of(near.need_id, near.capability_id) is None
    score = index.score_of(near.need_id, near.capability_id).score
    _put(index, before, state)
    return allowed and score == found.score and score >= PROPOSAL_THRESHOLD


def _put(index: MatchIndex, sides: Sides, state: PairState) -> None:
    index.put([sides.needing, sides.bringing], [sides.capability], [sides.need])
    index.set_state(state)


def _is_smallest(index: MatchIndex, near: NearMiss) -> bool:
    sides = sides_of(index.market, near.need_id, near.capability_id)
    return _key(near.found) == _by_brute_force(index, sides)


def _key(found: Counterfactual | None) -> tuple[int, Key] | None:
    return (found.cost, sorted(one.key for one in found.changes)) if found else None


def _by_brute_force(index: MatchIndex, sides: Sides) -> tuple[int, Key] | None:
    """Every combination by itself, fewest changes first, as nothing but the rules and the scorer
    would have it.
    """
    day = index.market.as_of
    changes = changes_of(
        sides, day, index.model.representer.suggester.exchange.asked(sides.capability.requires)
    )
    for count in range(TOGETHER + 1):
        fits = [
            (sum(one.cost for one in some), sorted(one.key for one in some))
            for some in combinations(changes, count)
            if _fits(index, applied(sides, some))
        ]
        if fits:
            return min(fits) if count else None
    return None


def _fits(index: MatchIndex, sides: Sides) -> bool:
    members: dict[str, Member] = {one.id: one for one in (sides.needing, sides.bringing)}
    alone = index.model.build(
        members.values(), [sides.capability], [sides.need], index.market.as_of,
        replace(index.market.state, capacity_left={sides.capability.id: sides.capacity_left},
                places_left={sides.need.id: sides.places_left}),
        index.market.priorities,
    )  # fmt: skip
    need_id, capability_id = sides.need.id, sides.capability.id
    if alone.refusal_of(need_id, capability_id):
        return False
    return alone.score_of(need_id, capability_id).score >= PROPOSAL_THRESHOLD


def _costs(index: MatchIndex, found: Sequence[NearMiss]) -> dict[str, dict[str, float]]:
    some = found[::3]
    encoder = load_model(cache=MemoryCache()).representer.encoder
    market = index.market

    def marks(one: NearMiss) -> object:
        need, offer = market.needs[one.need_id], market.capabilities[one.capability_id]
        return what_carried(Text(need.title, need.description),
                            Text(offer.title, offer.description), encoder)  # fmt: skip

    parts: dict[str, Callable[[NearMiss], object]] = {
        "reasons of a pair in sentences": lambda one: index.score_of(
            one.need_id, one.capability_id
        ),
        "smallest change of a pair": lambda one: change_for(
            index, one.need_id, one.capability_id, PROPOSAL_THRESHOLD
        ),
        "phrases and sentences most alike, first look": marks,
        "the same, vectors kept": marks,
    }
    return {name: _percentiles(_timed(part, some)) for name, part in parts.items()}


def _timed(part: Callable[[NearMiss], object], some: Sequence[NearMiss]) -> Iterator[float]:
    for one in some:
        started = time.perf_counter()
        part(one)
        yield 1_000 * (time.perf_counter() - started)


def _percentiles(taken: Iterator[float]) -> dict[str, float]:
    low, high = np.percentile(list(taken), [50, 95])
    return {"p50": round(float(low), 1), "p95": round(float(high), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 12, 1))
    parser.add_argument("--print", action="store_true", help="Write nothing.")
    chosen = parser.parse_args()
    measured = measure(chosen.data / "partnerships", chosen.as_of) | {
        "as_of": chosen.as_of.isoformat(),
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    print(table(measured))
    if not chosen.print:
        _write(measured)


def _write(measured: Mapping[str, Any]) -> None:
    (ROOT / "docs/benchmarks/counterfactuals.json").write_text(
        json.dumps(measured, indent=1) + "\n"
    )
    page = ROOT / "docs/benchmarks.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(measured)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
