"""The history of a match: every move, who made it (a kind and an opaque id), and what caused it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, insert, select

from services.matcher.store import tables as t

MOVE, NOTE, LATE = "move", "note", "late"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` late: an event that came when the match had moved on; nothing changed."""

    at: datetime
    kind: str
    move: str
    by: str
    from_state: str | None = None
    to_state: str | None = None
    actor_id: str | None = None
    code: str | None = None
    event_id: str | None = None
    cause_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


_COLUMNS = tuple(Entry.__dataclass_fields__)


def append_entry(connection: Connection, match_id: str, entry: Entry) -> None:
    values = {name: getattr(entry, name) for name in _COLUMNS}
    values |= {"details": dict(entry.details), "match_id": match_id, "of_match": match_id}
    connection.execute(_append(), values)


@cache
def _append() -> Executable:
    """Built once: every move of every match appends."""
    table = t.match_history
    of_it = table.alias()
    last = select(func.coalesce(func.max(of_it.c.number), 0)).where(
        of_it.c.match_id == bindparam("of_match", type_=of_it.c.match_id.type)
    )
    given: dict[str, Any] = {name: bindparam(name) for name in ("match_id", *_COLUMNS)}
    return insert(table).values(number=last.scalar_subquery() + 1, **given)


def history_of(connection: Connection, match_id: str) -> list[Entry]:
    """Oldest first."""
    table = t.match_history
    query = select(table).where(table.c.match_id == match_id).order_by(table.c.number)
    names = Entry.__dataclass_fields__
    return [
        Entry(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()
    ]
