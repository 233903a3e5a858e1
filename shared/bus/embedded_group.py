"""Who reads which partitions of the embedded log.

Each partition of a group has a `target` (the member that should have it) and an `owner` (the session
that has it). Whoever changes the membership computes the targets anew, in the same transaction. An owner
that is no longer the target lets go at its next poll; a target takes a partition only when nobody owns it.
So two never own one, and a member in the middle of its work is waited for. A session is a locked file:
when its process dies, however it dies, the lock is gone.
"""

import fcntl
import json
import os
import sqlite3
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.bus.embedded_file import LogFile
from shared.bus.errors import Fenced
from shared.bus.records import TopicPartition


class Membership:
    def __init__(self, file: LogFile, group: str, member: str, topics: Sequence[str]) -> None:
        self._file = file
        self._group = group
        self._member = member
        self._topics = sorted(topics)
        self.session = uuid.uuid4().hex
        self.owned: dict[TopicPartition, int] = {}  # with the id of the log
        self._lock = _hold_session(self._session_path(self.session))
        with file.writing() as sql:
            self._join(sql)

    def refresh(self) -> tuple[frozenset[TopicPartition], frozenset[TopicPartition]]:
        """Let go of what goes to others and take what is ours now: (revoked, assigned)."""
        if not self._something_to_do():
            return frozenset(), frozenset()
        before = set(self.owned)
        with self._file.writing() as sql:
            self._check_session(sql)
            sql.execute(
                "UPDATE shares SET owner = NULL WHERE group_name = ? AND owner = ? "
                "AND target IS NOT ?",
                (self._group, self.session, self._member),
            )
            sql.execute(
                "UPDATE shares SET owner = ? WHERE group_name = ? AND owner IS NULL AND target = ?",
                (self.session, self._group, self._member),
            )
            self.owned = self._read_owned(sql)
        after = set(self.owned)
        return frozenset(before - after), frozenset(after - before)

    def bury_dead(self) -> None:
        """Hand on what belonged to members whose process is gone."""
        dead = [name for name, session in self._others() if not self._lives(session)]
        if not dead:
            return
        with self._file.writing() as sql:
            for name, session in self._others():
                if name in dead and not self._lives(session):
                    _remove(sql, self._group, name, session)
                    self._session_path(session).unlink(missing_ok=True)
            share_out(sql, self._group)

    def commit(self, positions: Mapping[TopicPartition, int]) -> frozenset[TopicPartition]:
        """Keep the positions if all the partitions are ours; returns those that are not."""
        with self._file.writing() as sql:
            self._check_session(sql)
            owned = self._read_owned(sql)
            strangers = frozenset(positions) - set(owned)
            if not strangers:
                sql.executemany(
                    "INSERT INTO positions (group_name, log_id, next_offset) VALUES (?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
                    [(self._group, owned[each], offset) for each, offset in positions.items()],
                )
        return strangers

    def committed(self, log_id: int) -> int:
        row = self._file.sql.execute(
            "SELECT next_offset FROM positions WHERE group_name = ? AND log_id = ?",
            (self._group, log_id),
        ).fetchone()
        return int(row[0]) if row else 0

    def leave(self) -> None:
        try:
            with self._file.writing() as sql:
                _remove(sql, self._group, self._member, self.session)
                share_out(sql, self._group)
        finally:
            self._session_path(self.session).unlink(missing_ok=True)
            os.close(self._lock)

    def _join(self, sql: sqlite3.Connection) -> None:
        earlier = sql.execute(
            "SELECT session FROM members WHERE group_name = ? AND member = ?",
            (self._group, self._member),
        ).fetchone()
        if earlier:
            _remove(sql, self._group, self._member, earlier[0])
        sql.execute(
            "INSERT INTO members (group_name, member, session, topics) VALUES (?, ?, ?, ?)",
            (self._group, self._member, self.session, json.dumps(self._topics)),
        )
        share_out(sql, self._group)

    def _something_to_do(self) -> bool:
        row = self._file.sql.execute(
            "SELECT (SELECT session FROM members WHERE group_name = :g AND member = :m) IS NOT :s "
            "OR EXISTS (SELECT 1 FROM shares WHERE group_name = :g AND ("
            "(owner = :s AND target IS NOT :m) OR (owner IS NULL AND target = :m)))",
            {"g": self._group, "m": self._member, "s": self.session},
        ).fetchone()
        return bool(row[0])

    def _check_session(self, sql: sqlite3.Connection) -> None:
        row = sql.execute(
            "SELECT session FROM members WHERE group_name = ? AND member = ?",
            (self._group, self._member),
        ).fetchone()
        if row is None or row[0] != self.session:
            raise Fenced(
                f"Another consumer of {self._group} has taken the name {self._member!r}; stop."
            )

    def _read_owned(self, sql: sqlite3.Connection) -> dict[TopicPartition, int]:
        rows = sql.execute(
            "SELECT logs.topic, logs.partition, logs.id FROM shares JOIN logs ON logs.id = log_id "
            "WHERE group_name = ? AND owner = ? ORDER BY logs.topic, logs.partition",
            (self._group, self.session),
        )
        return {TopicPartition(topic, partition): log_id for topic, partition, log_id in rows}

    def _others(self) -> list[tuple[str, str]]:
        return self._file.sql.execute(
            "SELECT member, session FROM members WHERE group_name = ? AND session != ?",
            (self._group, self.session),
        ).fetchall()

    def _lives(self, session: str) -> bool:
        try:
            probe = os.open(self._session_path(session), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(probe)

    def _session_path(self, session: str) -> Path:
        return self._file.sessions / f"{session}.session"


def share_out(sql: sqlite3.Connection, group: str) -> None:
    """Compute the targets of a group anew, moving as few partitions as possible."""
    members = {
        name: frozenset(json.loads(topics))
        for name, topics in sql.execute(
            "SELECT member, topics FROM members WHERE group_name = ?", (group,)
        )
    }
    logs = dict(sql.execute("SELECT id, topic FROM logs ORDER BY topic, partition").fetchall())
    current = dict(
        sql.execute("SELECT log_id, target FROM shares WHERE group_name = ?", (group,)).fetchall()
    )
    targets = shares(logs, members, current)
    sql.executemany(
        "INSERT INTO shares (group_name, log_id, target, owner) VALUES (?, ?, ?, NULL) "
        "ON CONFLICT DO UPDATE SET target = excluded.target",
        [(group, log_id, target) for log_id, target in targets.items()],
    )


def shares(
    logs: Mapping[int, str],
    members: Mapping[str, frozenset[str]],
    current: Mapping[int, str | None],
) -> dict[int, str | None]:
    """Who should read each log: evenly, each member only its topics, staying put where possible."""
    targets: dict[int, str | None] = dict.fromkeys(logs)
    load = Counter(dict.fromkeys(members, 0))
    able = {
        topic: sorted(name for name, topics in members.items() if topic in topics)
        for topic in set(logs.values())
    }
    for log_id, topic in logs.items():
        holder = current.get(log_id)
        if holder in able[topic]:
            targets[log_id] = holder
            load[str(holder)] += 1
    # First those that nobody holds, then those of whoever holds too many.
    for log_id in sorted(logs, key=lambda log_id: targets[log_id] is not None):
        if not able[logs[log_id]]:
            continue
        least = min(able[logs[log_id]], key=lambda name: load[name])
        holder = targets[log_id]
        if holder is not None and load[holder] <= load[least] + 1:
            continue
        targets[log_id] = least
        load[least] += 1
        if holder is not None:
            load[holder] -= 1
    return targets


def _remove(sql: sqlite3.Connection, group: str, member: str, session: str) -> None:
    sql.execute(
        "DELETE FROM members WHERE group_name = ? AND member = ? AND session = ?",
        (group, member, session),
    )
    sql.execute(
        "UPDATE shares SET owner = NULL WHERE group_name = ? AND owner = ?", (group, session)
    )


def _hold_session(path: Path) -> int:
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held
