"""Three members of one group over two partitions, killed, held still and started again at random."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from shared.bus.connect import connect
from shared.bus.records import TopicSpec
from shared.ids import new_id
from shared.messaging.balance import books
from shared.storage import Database
from tests.faults.history import Applied, Balanced
from tests.faults.rows.reached import Reached
from tests.integration.shared.crash_process import TOPIC, metadata, taken_effects, written_events

ROOT = Path(__file__).resolve().parents[3]


def members(folder: Path, urls: tuple[str, str], *, seed: int, seconds: float) -> Reached:
    """`urls` of an empty database and of a bus."""
    plan: dict[str, Any] = {
        "seed": seed,
        "database_url": urls[0],
        "bus_url": urls[1],
        "group": f"members-{new_id()}",
        "subjects": [new_id() for _ in range(20)],
        "told": str(folder / "told"),
        "seconds": seconds,
        "at_most_seconds": seconds + 120.0,
        "events": 60,
        "kills": 3,
        "peace_seconds": 120.0,
        "lives_seconds": [0.05, 1.5],
        "pause_seconds": 0.002,
        "paused_share": 0.3,
        "members": ["1", "2", "3"],
    }
    database = Database(urls[0], service="notifier")
    with database.write() as connection:
        metadata.create_all(connection)
    bus = connect(urls[1])
    bus.admin().ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
    bus.close()
    command = [sys.executable, "-m", "tests.integration.shared.crash_process", json.dumps(plan)]
    with (folder / "errors").open("w") as errors:
        ended = subprocess.run(
            command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    reached = _judged(database, plan, json.loads(ended.stdout.splitlines()[-1]))
    database.close()
    return reached


def _judged(database: Database, plan: dict[str, Any], outcome: dict[str, Any]) -> Reached:
    reached = Reached()
    written = written_events(database)
    told = set(Path(plan["told"]).read_text().splitlines())
    taken = taken_effects(database, plan["subjects"])
    for row in taken:
        reached.history.note(Applied("group", "choice", row.subject, row.sequence))
    with database.read() as connection:
        for name, book in books(connection).items():
            reached.history.note(Balanced("group", name, book.difference + book.in_flight))
    lost = told - {row.event_id for row in taken}
    reached.differences += [f"told and without effect: {event_id}" for event_id in sorted(lost)]
    if sorted(row.event_id for row in taken) != sorted(written):
        reached.differences.append(f"{len(written)} events, {len(taken)} effects")
    if not outcome["settled"]:
        reached.differences.append("it did not come to rest")
    killed = outcome["killed"]
    reached.numbers = {
        "events told": len(told),
        "members killed": sum(killed.get(name, 0) for name in plan["members"]),
        "writers and relays killed": killed.get("write", 0) + killed.get("relay", 0),
        "held still": killed.get("paused", 0),
    }
    return reached
