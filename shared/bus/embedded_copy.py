"""A copy of the embedded log for a backup, made while it is written, and the way back."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.bus.embedded_file import LogFile, reachable, read_only

_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LogCopy:
    """How many records the copy holds, and the next offset by topic/partition."""

    records: int
    ends: dict[str, int]


def copy_log(log: Path, target: Path) -> LogCopy:
    """Everything that was durable when it was called."""
    with reachable(target):
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    file = LogFile(log, _WAIT_SECONDS, durable=True)
    try:
        file.copy_to(target)
    finally:
        file.close()
    return describe_log(target)


def restore_log(copy: Path, log: Path) -> None:
    """Put the log where it stood; members of its groups must be gone."""
    file = LogFile(log, _WAIT_SECONDS, durable=True)
    try:
        file.replace_with(copy)
    finally:
        file.close()


def describe_log(copy: Path) -> LogCopy:
    with reachable(copy), closing(sqlite3.connect(read_only(copy), uri=True)) as sql:
        [records] = sql.execute("SELECT count(*) FROM records").fetchone()
        rows = sql.execute("SELECT topic, partition, next_offset FROM logs").fetchall()
    return LogCopy(records, {f"{topic}/{number}": end for topic, number, end in rows})
