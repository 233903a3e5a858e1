"""The scenarios by name, each in a folder of its own, on SQLite and the embedded log.

`python -m tests.faults.scenarios.all_of_them NAME` prints what the checker finds.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.scenarios.mail import mail
from tests.faults.scenarios.matching import matching
from tests.faults.scenarios.messages import messages_small
from tests.faults.scenarios.writes import writes

SCENARIOS: Mapping[str, Callable[[Path], History]] = {
    "messages": messages_small,
    "mail": mail,
    "matching": matching,
    "writes": writes,
}


def main(name: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        findings = check(SCENARIOS[name](Path(folder)))
    for finding in findings:
        sys.stdout.write(f"{finding.rule}: {finding.text}\n")
    sys.stdout.write(f"{name}: {len(findings)} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
