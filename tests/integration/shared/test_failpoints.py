"""Killed at every failpoint of storage, log, relay, runner and parking, then started again: what
somebody was told of takes effect once, in order, and the books balance. A real SIGKILL each time.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shared import failpoints
from shared.ids import new_id
from shared.messaging.balance import books
from shared.storage import Database
from tests.integration.shared.crash_process import effects, written_events
from tests.integration.shared.failpoint_process import BAD

_ROOT = Path(__file__).parents[3]
SHARED_PLACES = [
    name for name, place in failpoints.PLACES.items() if place.where.startswith("shared/")
]
# Reached by many steps of a life: each time is a boundary of its own.
OFTEN = {"storage.committing": 6, "storage.committed": 6, "log.committing": 5, "log.committed": 5}
CALLS = "call."
UPKEEP = ("replay.", "restore.", "retention.")  # no life restores anything or is a month long


def scripts(*left_out: str, often: bool) -> list[str]:
    """One for each place, or for each of the first times it is reached."""
    places = [name for name in SHARED_PLACES if not name.startswith((CALLS, *UPKEEP, *left_out))]
    places.sort(key=lambda name: not name.startswith("log.ma"))  # only the first lives make a log
    return [
        f"{name}:kill@{at}"
        for name in places
        for at in (range(1, OFTEN.get(name, 1) + 1) if often else [OFTEN.get(name, 1)])
    ]


@pytest.fixture(
    params=["small", pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres])]
)
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if request.param == "small":
        database_url, bus_url = f"sqlite:///{tmp_path / 'x.db'}", f"embedded:///{tmp_path}/bus.db"
        chosen = scripts("kafka.", often=True)
    else:
        postgres = request.getfixturevalue("postgres_server")
        database_url = postgres.create_database("f" + new_id().replace("-", ""))
        bus_url = request.getfixturevalue("kafka_server").bus_url
        chosen = scripts("log.", "storage.checkpoint", often=False)
    return {
        "database_url": database_url,
        "bus_url": bus_url,
        "group": f"failpoints-{new_id()}",
        "subjects": [new_id() for _ in range(4)],
        "told": str(tmp_path / "told"),
        "folder": str(tmp_path),
        "scripts": chosen,
        "at_most_seconds": 240,
    }


@pytest.mark.timeout(900)
def test_killed_at_each_place_everything_takes_effect_once(
    plan: dict[str, Any], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with log.open("w") as errors:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.integration.shared.failpoint_process", json.dumps(plan)],
            cwd=_ROOT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    said = log.read_text()
    assert ended.returncode == 0, said[-3_000:]
    assert json.loads(ended.stdout.splitlines()[-1]) == {}, said[-6_000:]
    database = Database(plan["database_url"], service="notifier")
    try:
        check(plan, database, said)
    finally:
        database.close()


def check(plan: dict[str, Any], database: Database, said: str) -> None:
    told = set(Path(plan["told"]).read_text().splitlines())
    with database.read() as connection:
        both = books(connection)
        rows = list(connection.execute(select(effects).order_by(effects.c.n)))
    ours = [r for r in rows if r.subject in plan["subjects"] or r.subject.startswith(BAD)]
    taken = [row.event_id for row in ours]
    assert len(told) > len(plan["scripts"]), said
    assert len(taken) == len(set(taken)), "an effect twice"
    assert told <= set(taken), "an effect lost"
    assert sorted(taken) == sorted(written_events(database)), (
        "an effect of nothing that was written"
    )
    assert [(book.difference, book.in_flight) for book in both.values()] == [(0, 0), (0, 0)]
    by_subject: dict[str, list[int]] = defaultdict(list)
    for row in ours:
        by_subject[row.subject].append(row.sequence)
    for sequences in by_subject.values():
        assert sequences == sorted(set(sequences))
