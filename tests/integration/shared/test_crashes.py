"""kill -9 at random moments of a writer, a relay and two consumers: every effect exactly once, in
order, nothing lost that somebody was told of, and the books balance. Both sizes, some 20 s each.
"""

import json
import secrets
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shared.bus.connect import connect
from shared.bus.records import TopicSpec
from shared.ids import new_id
from shared.messaging.balance import books
from shared.storage import Database
from tests.integration.shared.crash_process import (
    TOPIC,
    metadata,
    tables,
    taken_effects,
    written_events,
)

_ROOT = Path(__file__).parents[3]


@pytest.fixture(
    params=["small", pytest.param("large", marks=[pytest.mark.kafka, pytest.mark.postgres])]
)
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    small = request.param == "small"
    if small:
        database_url, bus_url = f"sqlite:///{tmp_path / 'x.db'}", f"embedded:///{tmp_path}/bus.db"
    else:
        postgres = request.getfixturevalue("postgres_server")
        database_url = postgres.create_database("c" + new_id().replace("-", ""))
        bus_url = request.getfixturevalue("kafka_server").bus_url
    return {
        "seed": secrets.randbits(32),
        "database_url": database_url,
        "bus_url": bus_url,
        "group": f"crash-{new_id()}",
        "subjects": [new_id() for _ in range(8)],
        "told": str(tmp_path / "told"),
        "seconds": 12.0,
        "at_most_seconds": 80.0,
        "events": 60,
        "kills": 3,
        "paused_share": 0.2,
        "members": ["1", "2"],
        "peace_seconds": 60.0,
        # A Kafka client needs a second to join its group before it can be killed at work.
        "lives_seconds": [0.02, 0.8] if small else [0.3, 4.0],
        "pause_seconds": 0.002,
    }


@pytest.fixture
def database(plan: dict[str, Any]) -> Iterator[Database]:
    database = Database(plan["database_url"], service="notifier")
    with database.write() as connection:
        metadata.create_all(connection)
    bus = connect(plan["bus_url"])
    bus.admin().ensure_topics([TopicSpec(TOPIC, 2, compacted=False, retention_seconds=86_400.0)])
    bus.close()
    yield database
    database.close()


def test_killed_at_any_moment_everything_takes_effect_once(
    plan: dict[str, Any], database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with log.open("w") as errors:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.integration.shared.crash_process", json.dumps(plan)],
            cwd=_ROOT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=200,
        )
    assert ended.returncode == 0, log.read_text()[-3_000:]
    outcome = json.loads(ended.stdout.splitlines()[-1])
    sys.stdout.write(f"{outcome}\n")
    described = f"seed {plan['seed']}: {outcome}\n{log.read_text()[-2_000:]}"
    assert outcome["settled"], described
    often = [outcome["killed"].get(name, 0) for name in ("write", "relay", "1", "2")]
    assert min(often) >= plan["kills"], described
    assert not any("failed" in name for name in outcome["killed"]), described

    written = written_events(database)
    told = set(Path(plan["told"]).read_text().splitlines())
    taken = taken_effects(database, plan["subjects"])
    assert len(told) >= plan["events"], described
    assert told <= set(written), described
    assert sorted(row.event_id for row in taken) == sorted(written), described
    by_subject: dict[str, list[int]] = defaultdict(list)
    for row in taken:
        by_subject[row.subject].append(row.sequence)
    for sequences in by_subject.values():
        assert sequences == sorted(sequences), described
    with database.read() as connection:
        both = books(connection)
        parked = connection.execute(select(tables.parked)).all()
    assert [(book.difference, book.in_flight) for book in both.values()] == [(0, 0), (0, 0)]
    assert [row for row in parked if bytes(row.key).decode() in plan["subjects"]] == []
