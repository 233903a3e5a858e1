"""The audit log: who did what to which id, appended and never changed, each line chained to the last.

A line carries the hash of the line before it, so that a change, a deletion or another order breaks
the chain. `audit_head` remembers how many lines there are and the hash of the last, so that lines
cut off at the end are missed too; it is also what concurrent writers queue on. Whoever can write
the database could make a whole new chain: `verify` therefore takes a head that was noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Select, func, select, update

from shared.storage.statements import insert_ignore
from shared.storage.tables import standard_tables

_TABLES = standard_tables(MetaData())
_LINES, _HEAD = _TABLES.audit, _TABLES.audit_head
_BEGINNING = "0" * 64
_SEPARATOR = "\x1f"
_FIELDS = ("actor", "action", "subject")
_AT_ONCE = 1_000
HEAD_LOST = "audit.head_lost"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number of its lines and the hash of the last."""

    lines: int
    hash: str

    def __str__(self) -> str:
        return f"{self.lines}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look over the whole chain found; no faults: it is whole."""

    head: Head
    faults: tuple[str, ...]


def append_line(
    connection: Connection, *, at: datetime, actor: str, action: str, subject: str, details: Any
) -> None:
    """Within the caller's transaction; others who append wait until it ends."""
    head = _locked_head(connection, at)
    row: dict[str, Any] = {
        "at": at,
        "actor": _without_separator(actor),
        "action": _without_separator(action),
        "subject": _without_separator(subject),
        "details": dict(details or {}),
        "previous_hash": head.hash,
    }
    row["hash"] = audit_hash(row)
    connection.execute(_LINES.insert().values(**row))
    newest = update(_HEAD).where(_HEAD.c.id == 1)
    connection.execute(newest.values(lines=head.lines + 1, hash=row["hash"]))


def audit_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the line and the hash of the line before it."""
    parts = [row["at"].isoformat(), *(row[name] for name in _FIELDS)]
    parts += [json.dumps(row["details"], sort_keys=True, default=str), row["previous_hash"]]
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()


def verify(connection: Connection, noted: Head | None = None) -> Verdict:
    """Every line, from the first: linked to the one before, as it was written, none cut off.

    `noted` is a head that was written down elsewhere: its line must still be there, the same.
    """
    faults: list[str] = []
    previous, number = _BEGINNING, 0
    for number, row in enumerate(_all_lines(connection), start=1):
        faults += _faults_of(row, previous)
        previous = row["hash"]
        if noted is not None and number == noted.lines and row["hash"] != noted.hash:
            faults.append(f"line {number} is not the one of the head noted elsewhere")
    if noted is not None and number < noted.lines:
        faults.append(f"there are {number} lines, and there were {noted.lines} before")
    found = Head(number, previous)
    return Verdict(found, (*faults, *_faults_of_head(connection, found)))


def lines(connection: Connection, *, limit: int = 50, **wanted: str | None) -> list[dict[str, Any]]:
    """The newest lines, oldest of them first; `wanted` by actor, action or subject."""
    query = select(_LINES).order_by(_LINES.c.position.desc()).limit(limit)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(_LINES.c[name] == value)
    return [dict(row) for row in connection.execute(query).mappings()][::-1]


def start_head(connection: Connection) -> None:
    """For a migration: the chain that is there gets its head, where it has lines and none."""
    last = _last_line(connection)
    if last.lines:
        insert_ignore(connection, _HEAD, {"id": 1, "lines": last.lines, "hash": last.hash})


def _locked_head(connection: Connection, at: datetime) -> Head:
    found = connection.execute(_the_head().with_for_update()).one_or_none()
    if found is None:
        last = _last_line(connection)
        made = insert_ignore(connection, _HEAD, {"id": 1, "lines": last.lines, "hash": last.hash})
        if made and last.lines:  # somebody has taken it away: the chain itself must say so
            append_line(
                connection, at=at, actor="system", action=HEAD_LOST, subject="audit", details={}
            )
        found = connection.execute(_the_head().with_for_update()).one()
    return Head(found.lines, found.hash)


def _the_head() -> Select[tuple[int, str]]:
    return select(_HEAD.c.lines, _HEAD.c.hash)


def _last_line(connection: Connection) -> Head:
    newest = select(_LINES.c.hash).order_by(_LINES.c.position.desc()).limit(1)
    count = connection.execute(select(func.count()).select_from(_LINES)).scalar_one()
    return Head(count, connection.execute(newest).scalar() or _BEGINNING)


def _all_lines(connection: Connection) -> Iterator[Mapping[str, Any]]:
    query = select(_LINES).order_by(_LINES.c.position)
    streamed = connection.execution_options(stream_results=True, yield_per=_AT_ONCE)
    for row in streamed.execute(query).mappings():
        yield dict(row)


def _faults_of(row: Mapping[str, Any], previous: str) -> list[str]:
    where = f"line {row['position']}"
    faults = []
    if row["previous_hash"] != previous:
        faults.append(f"{where} does not follow the line before it")
    if audit_hash(row) != row["hash"] or any(_SEPARATOR in row[name] for name in _FIELDS):
        faults.append(f"{where} is not as it was written")
    if row["action"] == HEAD_LOST:
        faults.append(f"{where} says that the head was lost before it")
    return faults


def _faults_of_head(connection: Connection, found: Head) -> list[str]:
    kept = connection.execute(_the_head()).one_or_none()
    if kept is None:
        return ["the head is missing"] if found.lines else []
    if Head(kept.lines, kept.hash) == found:
        return []
    return [f"the head is of {kept.lines} lines, and the chain ends after {found.lines}"]


def _without_separator(text: str) -> str:
    return text.replace(_SEPARATOR, "�")
