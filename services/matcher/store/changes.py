"""What changed in the projection since one looked, by change number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, current_number


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the projection that is newer than what the reader knew. `state` None: erased."""

    kind: str
    id: str
    number: int
    state: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Changes:
    """In commit order; whoever has taken them in knows everything up to `up_to`."""

    rows: list[Change]
    up_to: int
    more: bool
    """Whether there may be others already."""


_KINDS: tuple[tuple[str, Table, str], ...] = (
    ("member", t.members, "state"),
    ("conflicts", t.conflicts, "conflicts"),
    ("capability", t.capabilities, "state"),
    ("need", t.needs, "state"),
)


def changes_since(connection: Connection, number: int, limit: int) -> Changes:
    """The next `limit` changes above this number."""
    # Asked first: what commits between the queries below would be seen in one and not in another.
    newest = current_number(connection, CHANGES)
    if newest <= number:
        return Changes([], number, more=False)
    up_to, more = _first(connection, number, newest, limit)
    found: list[Change] = []
    for kind, table, column in _KINDS:
        key = next(iter(table.primary_key))
        query = select(key, table.c.change, table.c[column]).where(
            table.c.change > number, table.c.change <= up_to
        )
        for row in connection.execute(query).all():
            state = {"conflicts": row[2]} if kind == "conflicts" else row[2]
            found.append(Change(kind, row[0], row[1], state))
    return Changes(sorted(found, key=lambda change: change.number), up_to, more)


def changed_ids(
    connection: Connection, after: int, up_to: int, limit: int
) -> list[tuple[str, str]]:
    """Kind and id of what changed in between, `limit` of each kind at most."""
    found: list[tuple[str, str]] = []
    for kind, table, _ in _KINDS:
        key = next(iter(table.primary_key))
        query = select(key).where(table.c.change > after, table.c.change <= up_to).limit(limit)
        found += [(kind, id_) for id_ in connection.scalars(query)]
    return found


def _first(connection: Connection, number: int, newest: int, limit: int) -> tuple[int, bool]:
    """The number of the `limit`th change and whether more may follow, told from numbers alone:
    states are long to read.
    """
    numbers: list[int] = []
    for _, table, _ in _KINDS:
        change = table.c.change
        query = select(change).where(change > number, change <= newest)
        numbers += connection.scalars(query.order_by(change).limit(limit)).all()
    enough = len(numbers) >= limit
    return (sorted(numbers)[limit - 1] if enough else newest), enough
