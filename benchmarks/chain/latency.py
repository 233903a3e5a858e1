"""From POST of a need to its proposal being visible in the matcher's API, on both sizes."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.chain.report import percentile, table
from tests.flow.real_processes import RealProcesses, large_house, small_house
from tests.flow.walk import THEMES, Parties, Walk
from tests.servers.postgres import PostgresDatabases

NEEDS = 100
CAPABILITIES = 200
WITHIN_SECONDS = 30.0


def measure(folder: Path, postgres: PostgresDatabases) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for size in ("embedded", "kafka"):
        with _house(size, folder / size, postgres) as house:
            seconds = _seconds_to_proposal(house)
            answer = [_round_trip(house) for _ in range(NEEDS)]
        figures[size] = {
            "p50_ms": percentile(seconds, 0.5) * 1e3,
            "p99_ms": percentile(seconds, 0.99) * 1e3,
            "http_round_trip_p50_ms": statistics.median(answer) * 1e3,
            "needs": len(seconds),
        }
    rows = [
        (
            size,
            f"{entry['p50_ms']:.0f}",
            f"{entry['p99_ms']:.0f}",
            f"{entry['http_round_trip_p50_ms']:.1f}",
        )
        for size, entry in figures.items()
    ]
    head = ("bus", "p50 ms", "p99 ms", "one HTTP request, p50 ms")
    table(f"Need published to proposal visible ({NEEDS} needs)", head, rows)
    return figures


@contextmanager
def _house(size: str, folder: Path, postgres: PostgresDatabases) -> Iterator[RealProcesses]:
    folder.mkdir(parents=True)
    chosen = small_house(folder) if size == "embedded" else large_house(folder, postgres)
    with chosen as house:
        yield house


def _seconds_to_proposal(house: RealProcesses) -> list[float]:
    walk = Walk(house)
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    for number in range(CAPABILITIES):
        parties = Parties(THEMES[number % len(THEMES)], f"c{number}")
        _post(house, "/v1/members", parties.members()[1])
        _post(house, "/v1/capabilities", parties.capability())
    return [_one(house, walk, number) for number in range(NEEDS)]


def _one(house: RealProcesses, walk: Walk, number: int) -> float:
    need = Parties(THEMES[number % len(THEMES)], f"n{number}").need()
    need["member"] = walk.parties.needing
    start = time.perf_counter()
    _post(house, "/v1/needs", need)
    while not house.matcher.get(f"/v1/matches?need={need['id']}").json()["items"]:
        assert time.perf_counter() - start < WITHIN_SECONDS, f"no proposal for {need['id']}"
        time.sleep(0.001)
    return time.perf_counter() - start


def _round_trip(house: RealProcesses) -> float:
    start = time.perf_counter()
    house.matcher.get("/v1/matches?need=nothing")
    return time.perf_counter() - start


def _post(house: RealProcesses, path: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {house.admin_key}"}
    house.registry.post(path, json=body, headers=headers).raise_for_status()
