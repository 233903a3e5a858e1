"""The broker is held still while clients write: every write is accepted, memory stays bounded, and
what waited is sent when it is back.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from shared.messaging.relay import outbox_depth
from shared.storage import Database
from tests.faults.load import bus_reader, until
from tests.faults.rows.reached import Reached
from tests.faults.rows.rest import (
    REST_SECONDS,
    TOPICS,
    come_to_rest,
    crowd_of,
    finish,
    hold_still,
)
from tests.flow.real_processes import RealProcesses


def broker_away(house: RealProcesses, *, seed: int, away_seconds: float) -> Reached:
    reached = Reached()
    crowd = crowd_of(house, seed, reached.history)
    database = Database(house.database_url("registry"), service="registry")
    relay = house.running["registry-worker"].pid
    with bus_reader(house.environment["CONVENE_BUS_URL"], TOPICS, reached.history):
        with ExitStack() as stack:
            stack.callback(crowd.stop)
            crowd.start()
            assert until(lambda: crowd.told >= 30, REST_SECONDS), "nobody is answered"
            memory, told = _memory_mib(relay), crowd.told
            assert house.broker_pid is not None
            hold_still(house.broker_pid, away_seconds)
            grown, meanwhile = _memory_mib(relay) - memory, crowd.told - told
        depth, began = outbox_depth(database), time.monotonic()
        until(lambda: outbox_depth(database) == 0, REST_SECONDS)
        waited = time.monotonic() - began
        rested = come_to_rest(house)
    database.close()
    finish(house, reached, rested=rested)
    reached.numbers = {
        "seconds away": away_seconds,
        "writes told while it was away": meanwhile,
        "slowest: memory of the relay grown (MiB)": round(grown, 1),
        "events that waited": depth,
        "slowest: seconds from its return until all was sent": round(waited, 1),
    }
    return reached


def _memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
