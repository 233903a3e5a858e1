"""Pair memory: how the last round of each need and set of capabilities ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.domain.codes import FOR_GOOD
from services.matcher.domain.rounds import PairMemory, Versions
from services.matcher.store import tables as t
from shared.storage import upsert

_AT_ONCE = 400  # names in one statement


def remember(connection: Connection, memory: PairMemory) -> None:
    row = {
        "need_id": memory.need_id,
        "capability_set": memory.capabilities,
        "last_match_id": memory.last_match_id,
        "last_round": memory.last_round,
        "code": memory.code,
        "cooling_until": memory.cooling_until,
        "need_version": memory.versions.need,
        "capability_versions": dict(memory.versions.capabilities),
    }
    upsert(connection, t.pair_memory, row, ["need_id", "capability_set"])


def memory_of(connection: Connection, need_id: str, capabilities: str) -> PairMemory | None:
    table = t.pair_memory
    query = select(table).where(table.c.need_id == need_id, table.c.capability_set == capabilities)
    row = connection.execute(query).mappings().first()
    return None if row is None else _memory(row)


def memories_of(
    connection: Connection, need_ids: Sequence[str]
) -> dict[tuple[str, str], PairMemory]:
    """By need and set of capabilities."""
    table = t.pair_memory
    found = {}
    for start in range(0, len(need_ids), _AT_ONCE):
        part = list(need_ids[start : start + _AT_ONCE])
        for row in connection.execute(select(table).where(table.c.need_id.in_(part))).mappings():
            found[row["need_id"], row["capability_set"]] = _memory(row)
    return found


def cooling_memories(connection: Connection, now: datetime) -> list[PairMemory]:
    """Those that may still refuse a pair."""
    table = t.pair_memory
    query = select(table).where(table.c.cooling_until > now)
    return [_memory(row) for row in connection.execute(query).mappings()]


def needs_whose_cooling_ended(
    connection: Connection, after: datetime, until: datetime
) -> list[str]:
    table = t.pair_memory
    query = select(table.c.need_id).where(
        table.c.cooling_until > after,
        table.c.cooling_until <= until,
        table.c.cooling_until < FOR_GOOD,
    )
    return sorted(set(connection.scalars(query)))


def _memory(row: Any) -> PairMemory:
    return PairMemory(
        need_id=row["need_id"],
        capabilities=row["capability_set"],
        last_match_id=row["last_match_id"],
        last_round=row["last_round"],
        code=row["code"],
        cooling_until=row["cooling_until"],
        versions=Versions(row["need_version"], dict(row["capability_versions"])),
    )
