"""While the bus is away what is to be published waits in the database, not in memory."""

import json
import subprocess
import sys
from pathlib import Path

from tests.integration.shared.backlog_process import ROW_BYTES, ROWS

_ROOT = Path(__file__).parents[3]
MOST_MIB = 50.0


def test_memory_stays_bounded_while_the_bus_is_away_and_when_it_comes_back(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.integration.shared.backlog_process", str(tmp_path)]
    ended = subprocess.run(program, cwd=_ROOT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()[-3_000:]
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert ROWS * ROW_BYTES > 2 * MOST_MIB * 1_048_576
    assert seen["left"] == 0
    assert seen["while_away_mib"] <= MOST_MIB, seen
    assert seen["in_all_mib"] <= MOST_MIB, seen
