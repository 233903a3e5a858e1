"""What a broker does by itself, for the embedded log: forget what is too old, compact what is superseded."""

import fcntl
import os
import sqlite3
import threading
from contextlib import suppress

from shared.bus.embedded_file import LogFile
from shared.bus.errors import BusUnavailable
from shared.bus.records import TOMBSTONE_RETENTION_SECONDS
from shared.bus.settings import BusSettings

_DELETE_AT_A_TIME = 1_000  # so that publishers wait for a short transaction only
_WORTH_COMPACTING = 1_000


class Upkeep:
    """Runs in the background of any process that publishes; one at a time does the work."""

    def __init__(self, file: LogFile, settings: BusSettings) -> None:
        self._file = file
        self._settings = settings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus-upkeep", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        return self._stopping.is_set()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.upkeep_every_seconds):
            with suppress(BusUnavailable):  # it is only put off
                maintain(self._file, self._settings.now(), only_when_worth_it=True)


def maintain(file: LogFile, now: float, *, only_when_worth_it: bool) -> None:
    turn = os.open(file.sessions / "upkeep", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | (fcntl.LOCK_NB if only_when_worth_it else 0))
    except BlockingIOError:
        os.close(turn)
        return  # another process is at it
    try:
        for log_id, compacted, retention_seconds in _logs(file.sql):
            if compacted:
                _compact(file, log_id, now, only_when_worth_it=only_when_worth_it)
            elif retention_seconds is not None:
                _forget(file, log_id, now - retention_seconds)
    finally:
        os.close(turn)


def _logs(sql: sqlite3.Connection) -> list[tuple[int, int, float | None]]:
    return sql.execute(
        "SELECT logs.id, compacted, retention_seconds FROM logs JOIN topics ON name = topic"
    ).fetchall()


def _forget(file: LogFile, log_id: int, oldest_kept: float) -> None:
    """Delete from the front, up to the first record that is young enough."""
    row = file.sql.execute(
        "SELECT min(offset) FROM records WHERE log_id = ? AND timestamp_ms >= ?",
        (log_id, int(oldest_kept * 1000)),
    ).fetchone()
    end = file.sql.execute("SELECT next_offset FROM logs WHERE id = ?", (log_id,)).fetchone()
    first_kept = end[0] if row[0] is None else row[0]
    old = file.sql.execute(
        "SELECT id FROM records WHERE log_id = ? AND offset < ? AND timestamp_ms < ?",
        (log_id, first_kept, int(oldest_kept * 1000)),
    ).fetchall()
    _delete(file, [record_id for (record_id,) in old])


def _compact(file: LogFile, log_id: int, now: float, *, only_when_worth_it: bool) -> None:
    """Keep the last record of each key, and tombstones until they have been seen long enough."""
    end, compacted_to, kept = file.sql.execute(
        "SELECT next_offset, compacted_to, (SELECT count(*) FROM records WHERE log_id = logs.id) "
        "FROM logs WHERE id = ?",
        (log_id,),
    ).fetchone()
    if only_when_worth_it and end - compacted_to < max(_WORTH_COMPACTING, kept // 2):
        return
    oldest_tombstone_ms = int((now - TOMBSTONE_RETENTION_SECONDS) * 1000)
    last: dict[bytes, int] = {}
    superseded: list[int] = []
    expired: dict[bytes, int] = {}
    for record_id, key, is_tombstone, timestamp_ms in file.sql.execute(
        "SELECT id, key, value IS NULL, timestamp_ms FROM records "
        "WHERE log_id = ? AND offset < ? ORDER BY offset",
        (log_id, end),
    ):
        if key in last:
            superseded.append(last[key])
        last[key] = record_id
        expired.pop(key, None)
        if is_tombstone and timestamp_ms < oldest_tombstone_ms:
            expired[key] = record_id
    # First what stands before a tombstone, then the tombstone: never may an old value come back.
    _delete(file, superseded)
    _delete(file, list(expired.values()))
    with file.writing() as sql:
        sql.execute("UPDATE logs SET compacted_to = ? WHERE id = ?", (end, log_id))


def _delete(file: LogFile, record_ids: list[int]) -> None:
    for start in range(0, len(record_ids), _DELETE_AT_A_TIME):
        with file.writing() as sql:
            sql.executemany(
                "DELETE FROM records WHERE id = ?",
                [(each,) for each in record_ids[start : start + _DELETE_AT_A_TIME]],
            )
        file.checkpoint_if_long()
