"""Rows of members, their places, identifiers and conflicts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from services.registry.domain.members import Member, MemberConflict
from services.registry.domain.texts import name_key
from services.registry.store import tables
from services.registry.store.rows import chunks, delete_where_in, insert_rows, update_rows

_COLUMNS = [
    tables.members.c[name]
    for name in (
        "id", "content", "status", "can_be_asked", "version", "material_version",
        "changed_at", "created_at", "places_typed", "imported",
    )
]  # fmt: skip


def load_members(
    connection: Connection, ids: Iterable[str], *, lock: bool = False
) -> dict[str, Member]:
    """The members with these ids; `lock` holds their rows until the transaction ends."""
    found: dict[str, Member] = {}
    for chunk in chunks(sorted(set(ids))):
        query = select(*_COLUMNS).where(tables.members.c.id.in_(chunk))
        query = query.order_by(tables.members.c.id)
        if lock:
            query = query.with_for_update()
        found.update((row.id, member_of(row)) for row in connection.execute(query))
    return found


def member_of(row: Row[Any]) -> Member:
    return Member(**row._mapping)  # noqa: SLF001 - the documented way to the row's names


def select_members() -> Select[Any]:
    return select(*_COLUMNS)


def save_members(connection: Connection, new: Sequence[Member], changed: Sequence[Member]) -> None:
    """Write members and the rows they are looked up by. Conflict when a new id is taken."""
    insert_rows(connection, tables.members, [_row(member) for member in new])
    update_rows(connection, tables.members, [_row(member) for member in changed])
    ids = [member.id for member in changed]
    delete_where_in(connection, tables.member_places.c.member_id, ids)
    delete_where_in(connection, tables.member_identifiers.c.member_id, ids)
    every = [*new, *changed]
    insert_rows(connection, tables.member_places, [row for m in every for row in _places(m)])
    insert_rows(
        connection, tables.member_identifiers, [row for m in every for row in _identifiers(m)]
    )


def save_status(connection: Connection, member: Member) -> None:
    """Write only what a step of the life cycle changes."""
    connection.execute(
        update(tables.members)
        .where(tables.members.c.id == member.id)
        .values(
            status=member.status,
            can_be_asked=member.can_be_asked,
            version=member.version,
            changed_at=member.changed_at,
        )
    )


def _row(member: Member) -> dict[str, Any]:
    content = member.content
    searched = [member.name, content.get("industry") or "", member.id]
    return {
        "id": member.id,
        "name": member.name,
        "name_key": name_key(member.name)[:300],
        "sector": content["sector"],
        "status": member.status,
        "can_be_asked": member.can_be_asked,
        "content": dict(content),
        "places_typed": dict(member.places_typed),
        "imported": dict(member.imported),
        "search_text": "\n".join(searched).casefold(),
        "version": member.version,
        "material_version": member.material_version,
        "created_at": member.created_at,
        "changed_at": member.changed_at,
    }


def _places(member: Member) -> list[dict[str, Any]]:
    places = dict.fromkeys(member.content.get("places") or ())
    return [{"member_id": member.id, "place": place} for place in places]


def _identifiers(member: Member) -> list[dict[str, Any]]:
    given = member.content.get("identifiers") or {}
    return [
        {"member_id": member.id, "scheme": scheme, "value_key": identifier_key(value)}
        for scheme, value in given.items()
    ]


def identifier_key(value: str) -> str:
    return "".join(str(value).split()).casefold()[:200]


def members_named(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Ids of members by their reduced name."""
    found: dict[str, str] = {}
    column = tables.members.c.name_key
    for chunk in chunks(sorted(set(keys))):
        query = select(column, tables.members.c.id).where(column.in_(chunk))
        found.update((row.name_key, row.id) for row in connection.execute(query))
    return found


def members_identified(connection: Connection, values: Iterable[str]) -> dict[tuple[str, str], str]:
    """Ids of members by (scheme, reduced value) of an official identifier."""
    table, found = tables.member_identifiers, {}
    for chunk in chunks(sorted(set(values))):
        query = select(table).where(table.c.value_key.in_(chunk))
        for row in connection.execute(query):
            found[(row.scheme, row.value_key)] = row.member_id
    return found


def load_conflicts(
    connection: Connection, member_ids: Iterable[str]
) -> dict[str, list[MemberConflict]]:
    found: dict[str, list[MemberConflict]] = {}
    table = tables.conflicts
    for chunk in chunks(sorted(set(member_ids))):
        query = select(table).where(table.c.member_id.in_(chunk))
        for row in connection.execute(query.order_by(table.c.member_id, table.c.position)):
            conflict = MemberConflict(row.other_member_id, row.sector, row.code, row.until)
            found.setdefault(row.member_id, []).append(conflict)
    return found


def save_conflicts(
    connection: Connection, declared: Mapping[str, Sequence[MemberConflict]]
) -> None:
    """Replace each named member's whole list."""
    delete_where_in(connection, tables.conflicts.c.member_id, declared)
    rows = [
        {
            "member_id": member_id,
            "position": position,
            "other_member_id": conflict.member_id,
            "sector": conflict.sector,
            "code": conflict.code,
            "until": conflict.until,
        }
        for member_id, conflicts in declared.items()
        for position, conflict in enumerate(conflicts)
    ]
    insert_rows(connection, tables.conflicts, rows)
    for chunk in chunks(list(declared)):
        connection.execute(
            update(tables.members)
            .where(tables.members.c.id.in_(chunk))
            .values(conflicts_version=tables.members.c.conflicts_version + 1)
        )


def conflicts_version(connection: Connection, member_id: str) -> int:
    query = select(tables.members.c.conflicts_version).where(tables.members.c.id == member_id)
    return int(connection.execute(query).scalar_one())
