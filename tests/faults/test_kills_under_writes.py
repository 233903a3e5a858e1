"""kill −9 of web processes, relays and workers, alone and together, while clients write: what they
were told is there, nothing else is, and the matcher has heard of all of it. On each store; on Kafka
the broker is held still for a second before each kill.
"""

from pathlib import Path

import pytest

from tests.faults.rows.kills import Plan, kills_under_writes
from tests.faults.rows.rest import PROCESSES
from tests.flow.real_processes import RealProcesses, large_house, small_house
from tests.servers.postgres import PostgresDatabases

KILLS = 3
SMALL_MODEL = {"SEMANTIC": "false"}  # what is killed here does not depend on what it scores with

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


def test_embedded_log_and_sqlite(tmp_path: Path) -> None:
    with small_house(tmp_path, PROCESSES, **SMALL_MODEL) as house:
        survive(house, Plan(seed=20261203, kills=KILLS))


@pytest.mark.kafka
@pytest.mark.postgres
def test_kafka_and_postgresql(tmp_path: Path, postgres_server: PostgresDatabases) -> None:
    with large_house(tmp_path, postgres_server, PROCESSES, **SMALL_MODEL) as house:
        survive(house, Plan(seed=20261204, kills=KILLS, broker_away_seconds=1.0))


def survive(house: RealProcesses, plan: Plan) -> None:
    reached = kills_under_writes(house, plan)
    assert reached.wrong == [], (plan, reached.numbers)
    assert reached.numbers["kills"] >= KILLS, reached.numbers
