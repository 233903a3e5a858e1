"""Parked records as a person decides about them: by command, or over HTTP from the console.

What is shown never holds what the record said: only its names of fields, its size and where it came
from, with addresses masked, because a record that breaks its contract may hold anything.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row

from shared import failpoints
from shared.clock import Clock
from shared.messaging import parking
from shared.messaging.balance import DONE, count
from shared.observability.redaction import masked_text
from shared.storage import Database, unit_of_work

Decision = Literal["release", "discard"]
MOST = 200
_DECIDE: dict[str, Callable[[Connection, str], int]] = {
    "release": parking.release,
    "discard": parking.discard,
}
_MOST_FIELDS = 40


@dataclass(frozen=True, slots=True)
class ParkedDesk:
    """The parked records of one service."""

    database: Database
    service: str
    clock: Clock

    def waiting(self) -> list[dict[str, Any]]:
        """The first open record of each key, oldest first, with how many wait behind it."""
        with self.database.read() as connection:
            rows = parking.list_parked(connection, limit=MOST)
        first: dict[tuple[str, str, bytes], dict[str, Any]] = {}
        for row in rows:
            place = (row.consumer_group, row.topic, bytes(row.key))
            if place in first:
                first[place]["behind"] += 1
            else:
                first[place] = _told(row)
        return list(first.values())

    def one(self, record_id: str) -> dict[str, Any] | None:
        """One record with the names of its fields; None when it is not known."""
        with self.database.read() as connection:
            row = parking.get_parked(connection, record_id)
        if row is None:
            return None
        return {**_told(row), "fields": _fields(row.value), "state": row.state}

    def decide(self, decision: Decision, record_id: str, actor: str, reason: str) -> int:
        """Try it again with what waits behind it, or give it up; how many records were moved.

        0 when somebody else decided before. The reason is kept in the audit log.
        """
        source = f"/{self.service}"
        with unit_of_work(self.database, source=source, clock=self.clock, actor=actor) as work:
            moved = _DECIDE[decision](work.connection, record_id)
            if moved and decision == "discard":
                count(work.connection, DONE, moved, "discarded")
            if moved:
                details = {"records": moved, **({"reason": reason} if reason else {})}
                work.audit(f"parked.{decision}", record_id, details)
            failpoints.reach("parked.deciding")
        failpoints.reach("parked.decided")
        return moved


def _told(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "topic": row.topic,
        "partition": row.partition,
        "offset": row.offset,
        "key": _readable(bytes(row.key)),
        "type": row.event_type,
        "reason": masked_text(row.reason),
        "parked_at": row.parked_at,
        "size_bytes": 0 if row.value is None else len(row.value),
        "behind": 0,
    }


def _readable(key: bytes) -> str:
    return masked_text(key[:200].decode("utf-8", "replace").replace("\0", "\\0"))


def _fields(value: bytes | None) -> list[str]:
    """Names of the fields of a JSON object, without what they hold."""
    try:
        found = json.loads(bytes(value or b""))
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    return [masked_text(str(name)[:100]) for name in list(found)[:_MOST_FIELDS]]
