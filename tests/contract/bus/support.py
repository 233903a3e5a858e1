"""What the tests of the bus share: waiting for something that must happen, and processes to kill."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Self

from shared.bus import BusSettings, Consumer, Delivery, Record, TopicPartition

PARTITIONS = 4
TIMEOUT_SECONDS = 30.0
# A broker that is not ours may not allow shorter sessions than Kafka's default of 6 s.
SETTINGS = BusSettings(
    session_timeout_seconds=6.0 if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") else 2.0,
    request_timeout_seconds=5.0,
)
_ROOT = Path(__file__).parents[3]


def a_record(topic: str, key: str = "key", value: str | None = "value") -> Record:
    return Record(
        topic,
        key.encode(),
        None if value is None else value.encode(),
        (("ce_id", b"1"), ("ce_type", "é".encode())),
    )


def receive(consumer: Consumer, count: int) -> list[Delivery]:
    """Poll until `count` records have come; fails when they do not."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    received: list[Delivery] = []
    while len(received) < count:
        assert time.monotonic() < deadline, f"{len(received)} of {count} records came"
        received += consumer.poll(0.5)
    return received


def receive_nothing(consumer: Consumer, seconds: float = 0.5) -> None:
    assert consumer.poll(seconds) == []


def settle(consumer: Consumer, partitions: int) -> None:
    """Poll until the consumer has that many partitions; no record may come meanwhile."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(consumer.assignment()) != partitions:
        assert time.monotonic() < deadline, f"assigned {sorted(consumer.assignment())}"
        assert consumer.poll(0.1) == []


def after(deliveries: list[Delivery]) -> Mapping[TopicPartition, int]:
    """The positions to commit for having handled these."""
    positions: dict[TopicPartition, int] = {}
    for each in deliveries:
        positions[each.source] = max(positions.get(each.source, 0), each.offset + 1)
    return positions


def values(deliveries: list[Delivery]) -> list[str]:
    return [(each.record.value or b"").decode() for each in deliveries]


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


class MemberProcess:
    """A group member in a process of its own, which tells what it has and what it got."""

    def __init__(self, url: str, group: str, topic: str, member: str) -> None:
        self.assigned: set[int] = set()
        self.values: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.bus.member_process", url, group, topic, member],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Ask it to close its consumer and exit."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(TIMEOUT_SECONDS)
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.kill()

    def _end(self) -> None:
        self._process.wait(TIMEOUT_SECONDS)
        self._reader.join(TIMEOUT_SECONDS)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        if not self._process.stdin.closed:
            self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            self.assigned = set(told.get("assigned", self.assigned))
            self.values += told.get("values", [])


@contextmanager
def polling(consumer: Consumer) -> Iterator[list[Delivery]]:
    """Poll in a thread of its own, as a worker does; yields the list that fills."""
    got: list[Delivery] = []
    going = [True]

    def _poll() -> None:
        while going[0]:
            got.extend(consumer.poll(0.1))

    thread = Thread(target=_poll)
    thread.start()
    try:
        yield got
    finally:
        going[0] = False
        thread.join(TIMEOUT_SECONDS)
