"""A group member as a process: tells its assignment and what it receives as JSON lines, until its
standard input is closed. Commits what it received.
"""

import json
import select
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shared.bus import connect
from tests.contract.bus.support import SETTINGS


def main(arguments: Sequence[str]) -> None:
    url, group, topic, member = arguments
    bus = connect(url, SETTINGS)
    consumer = bus.consumer(group, [topic], member)
    known: frozenset[Any] = frozenset()
    while not select.select([sys.stdin], [], [], 0)[0]:
        deliveries = consumer.poll(0.1)
        if deliveries:
            consumer.commit({each.source: each.offset + 1 for each in deliveries})
            _tell({"values": [(each.record.value or b"").decode() for each in deliveries]})
        if consumer.assignment() != known:
            known = consumer.assignment()
            _tell({"assigned": sorted(each.partition for each in known)})
    bus.close()


def _tell(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
