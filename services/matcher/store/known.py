"""The projection: members, conflicts and listings as the registry last told them."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, next_number, next_numbers
from services.matcher.store.listing_rows import erase_rows
from shared.storage import insert_ignore, upsert
from shared.storage.watch import notify

_AT_ONCE = 400  # names in one statement
_EVENT_OF_NEED = select(t.needs.c.event_id).where(t.needs.c.need_id == bindparam("need"))
Told = tuple[Mapping[str, Any], str]
"""A whole state and the id of the event that told it."""
NEED_PARTITIONS = 12
"""Needs are examined in so many shares; any worker may take any share that is free."""


def partition_of(need_id: str) -> int:
    return zlib.crc32(need_id.encode()) % NEED_PARTITIONS


def put_members(connection: Connection, told: Iterable[Told]) -> None:
    rows = [
        {
            "member_id": state["member_id"],
            "name": state["name"],
            "status": state["status"],
            "material_version": state["material_version"],
            "state": dict(state),
            "event_id": event_id,
        }
        for state, event_id in told
    ]
    _put(connection, t.members, rows)


def put_conflicts(
    connection: Connection, declared: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]
) -> None:
    """By member id, whom it may not be matched with."""
    rows = [
        {"member_id": member_id, "conflicts": [dict(entry) for entry in conflicts]}
        for member_id, conflicts in declared
    ]
    _put(connection, t.conflicts, rows)


def put_capabilities(connection: Connection, told: Iterable[Told]) -> None:
    rows = [_listing_row("capability_id", state, event_id) for state, event_id in told]
    _put(connection, t.capabilities, rows)


def put_needs(connection: Connection, told: Iterable[Told]) -> None:
    rows = [
        {
            **_listing_row("need_id", state, event_id),
            "partition": partition_of(state["need_id"]),
        }
        for state, event_id in told
    ]
    _put(connection, t.needs, rows)


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Write whole states, the last one of each, each with a change number of its own."""
    key = next(iter(table.primary_key)).name
    latest = {row[key]: row for row in rows}
    numbers = next_numbers(connection, CHANGES, len(latest))
    for row, number in zip(latest.values(), numbers, strict=True):
        row["change"] = number
    upsert(connection, table, list(latest.values()), [key])


def _listing_row(key: str, state: Mapping[str, Any], event_id: str) -> dict[str, Any]:
    return {
        key: state[key],
        "member_id": state["member_id"],
        "status": state["status"],
        "material_version": state["material_version"],
        "state": dict(state),
        "event_id": event_id,
    }


def erase(connection: Connection, kind: str, id_: str) -> None:
    """The words go; the key stays with a change number, so that every index drops it."""
    table = {"member": t.members, "capability": t.capabilities, "need": t.needs}[kind]
    key = next(iter(table.primary_key))
    values: dict[str, Any] = {"state": None, "status": "erased"}
    if kind == "member":
        values["name"] = ""
    values["change"] = next_number(connection, CHANGES)
    connection.execute(update(table).where(key == id_).values(**values))
    erase_rows(connection, [(kind, id_)])


def touch(connection: Connection, table: Table, id_: str) -> None:
    """A new change number for a listing that is as it was, but whose situation is not."""
    key = next(iter(table.primary_key))
    number = next_number(connection, CHANGES)
    connection.execute(update(table).where(key == id_).values(change=number))


def erase_conflicts(connection: Connection, member_id: str) -> None:
    put_conflicts(connection, [(member_id, [])])


def need_state(connection: Connection, need_id: str) -> dict[str, Any] | None:
    return _state(connection, t.needs, t.needs.c.need_id, need_id)


def capability_state(connection: Connection, capability_id: str) -> dict[str, Any] | None:
    return _state(connection, t.capabilities, t.capabilities.c.capability_id, capability_id)


def member_state(connection: Connection, member_id: str) -> dict[str, Any] | None:
    return _state(connection, t.members, t.members.c.member_id, member_id)


def _state(connection: Connection, table: Table, key: Any, id_: str) -> dict[str, Any] | None:
    state = connection.scalar(select(table.c.state).where(key == id_))
    return None if state is None else dict(state)


def states_of(
    connection: Connection, table: Table, ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Of members or listings by id, without those that are not known or were erased."""
    key = next(iter(table.primary_key))
    query = select(key, table.c.state).where(key.in_(list(ids)), table.c.status != "erased")
    return {row[0]: dict(row[1]) for row in connection.execute(query)}


def event_id_of_need(connection: Connection, need_id: str) -> str | None:
    return connection.scalar(_EVENT_OF_NEED, {"need": need_id})


def conflicts_of(
    connection: Connection, member_ids: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    table = t.conflicts
    query = select(table.c.member_id, table.c.conflicts).where(
        table.c.member_id.in_(list(member_ids))
    )
    return {row[0]: list(row[1]) for row in connection.execute(query)}


def capabilities_of(connection: Connection, member_id: str) -> list[dict[str, Any]]:
    """Whole states of a member's published capabilities, by id."""
    table = t.capabilities
    query = select(table.c.state).where(
        table.c.member_id == member_id, table.c.status == "published"
    )
    rows = connection.execute(query.order_by(table.c.capability_id))
    return [dict(row[0]) for row in rows if row[0] is not None]


def published_needs(connection: Connection) -> list[str]:
    query = select(t.needs.c.need_id).where(t.needs.c.status == "published")
    return list(connection.scalars(query.order_by(t.needs.c.need_id)))


# --- which needs wait to be examined ---
def mark_to_examine(connection: Connection, need_ids: Iterable[str]) -> None:
    """An existing mark is written again: its lock makes whoever takes it wait for our commit,
    so that what we change now is seen by the examination.
    """
    rows = [{"need_id": id_, "partition": partition_of(id_)} for id_ in sorted(set(need_ids))]
    upsert(connection, t.to_examine, rows, ["need_id"])
    notify(connection)


def needs_to_examine(connection: Connection, partitions: Iterable[int]) -> set[str]:
    table = t.to_examine
    query = select(table.c.need_id).where(table.c.partition.in_(list(partitions)))
    return set(connection.scalars(query))


def take_to_examine(connection: Connection, partitions: Iterable[int]) -> set[str]:
    table = t.to_examine
    found = sorted(needs_to_examine(connection, partitions))
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        connection.execute(delete(table).where(table.c.need_id.in_(part)))
    return set(found)


def waiting_partitions(connection: Connection) -> set[int]:
    return set(connection.scalars(select(t.to_examine.c.partition).distinct()))


def examined_marks(connection: Connection) -> dict[int, tuple[int, date | None]]:
    rows = connection.execute(select(t.examined))
    return {row.partition: (row.up_to, row.on_day) for row in rows}


def lock_partitions(
    connection: Connection, partitions: Iterable[int]
) -> dict[int, tuple[int, date | None]]:
    """The marks of these shares, locked until the commit; without those another worker has."""
    wanted = sorted(partitions)
    table = t.examined
    known = set(connection.scalars(select(table.c.partition)))
    for partition in wanted:
        if partition not in known:
            insert_ignore(connection, table, {"partition": partition, "up_to": 0, "on_day": None})
    query = select(table).where(table.c.partition.in_(wanted)).order_by(table.c.partition)
    rows = connection.execute(query.with_for_update(skip_locked=True))
    return {row.partition: (row.up_to, row.on_day) for row in rows}


def set_examined(connection: Connection, partitions: Iterable[int], up_to: int, day: date) -> None:
    statement = update(t.examined).where(t.examined.c.partition.in_(list(partitions)))
    connection.execute(statement.values(up_to=up_to, on_day=day))


def examine_everything(connection: Connection) -> None:
    """Every share is looked at again whole. Waits for whoever examines one now."""
    connection.execute(update(t.examined).values(on_day=None))
    notify(connection)


# --- needs turned away by a member that had enough ---
def note_turned_away(connection: Connection, by_need: Mapping[str, Iterable[str]]) -> None:
    """Whom each of these needs would have had, in place of what was noted of it before."""
    table = t.turned_away
    need_ids = sorted(by_need)
    for start in range(0, len(need_ids), _AT_ONCE):
        part = need_ids[start : start + _AT_ONCE]
        connection.execute(delete(table).where(table.c.need_id.in_(part)))
    rows = [
        {"need_id": need_id, "member_id": member_id}
        for need_id in need_ids
        for member_id in sorted(set(by_need[need_id]))
    ]
    upsert(connection, table, rows, ["need_id", "member_id"])


def turned_away_by(connection: Connection, member_ids: Iterable[str]) -> list[str]:
    table = t.turned_away
    query = select(table.c.need_id).where(table.c.member_id.in_(list(member_ids)))
    return sorted(set(connection.scalars(query)))


def needs_with_open_match(connection: Connection, partitions: set[int]) -> set[str]:
    """Needs of these shares that have something open, known to the projection or not."""
    table = t.matches
    query = select(table.c.need_id).where(table.c.open).distinct()
    return {one for one in connection.scalars(query) if partition_of(one) in partitions}
