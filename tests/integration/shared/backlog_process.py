"""A backlog far larger than what a relay may hold in memory: the bus is away, then comes.

Run by test_backlog.py in a process of its own, so that its memory is its alone. It prints by how much
that grew while nothing could be published, and while everything was.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from shared.bus.connect import connect
from shared.bus.records import TopicSpec
from shared.bus.settings import BusSettings
from shared.clock import SystemClock
from shared.ids import new_id
from shared.messaging.relay import Relay, outbox_depth
from shared.storage import Database, standard_tables

TOPIC = "convene.preferences"
ROWS, ROW_BYTES, AT_ONCE = 16_000, 8_000, 500
TRIES = 6
NOWHERE = "kafka://127.0.0.1:1"


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def fill(database: Database) -> None:
    outbox = standard_tables(MetaData()).outbox
    for start in range(0, ROWS, AT_ONCE):
        rows = [
            {
                "event_id": new_id(),
                "topic": TOPIC,
                "key": b"%d" % (number % 50),
                "value": b"x" * ROW_BYTES,
                "headers": [],
                "created_at": SystemClock().now(),
            }
            for number in range(start, start + AT_ONCE)
        ]
        with database.write() as connection:
            connection.execute(outbox.insert(), rows)


def main(folder: Path) -> dict[str, Any]:
    database = Database(f"sqlite:///{folder / 'x.db'}", service="notifier")
    metadata = MetaData()
    standard_tables(metadata)
    with database.write() as connection:
        metadata.create_all(connection)
    away = connect(NOWHERE, BusSettings(connect_timeout_seconds=0.1))
    relay = Relay(database, away, "notifier", SystemClock())
    fill(database)
    before = peak_mib()
    tries = 0
    while tries < TRIES:
        relay.step(0.5)
        tries = relay._backoff.failures
    while_away = peak_mib() - before
    relay.close()
    bus = connect(f"embedded:///{folder / 'bus.db'}")
    bus.admin().ensure_topics([TopicSpec(TOPIC, 2, compacted=False)])
    relay = Relay(database, bus, "notifier", SystemClock())
    while relay.step(0.0):
        pass
    left = outbox_depth(database)
    relay.close()
    bus.close()
    database.close()
    grown = peak_mib() - before
    return {"while_away_mib": while_away, "in_all_mib": grown, "left": left}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
