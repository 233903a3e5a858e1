"""What approved matches hold: units of capabilities, partner places of needs, members' exposure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from services.matcher.domain.capacity import RELEASED, RESERVED, SPENT, Reservation
from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, lock_number
from shared.storage import upsert


def lock_listings(
    connection: Connection,
    need_id: str,
    capability_ids: Iterable[str],
    member_ids: Iterable[str],
) -> None:
    """Keep everyone else from counting the same things until the commit.

    Always in the same order, so that two approvals wait for each other and never deadlock. On
    SQLite the write transaction itself is the lock.
    """
    if connection.dialect.name != "postgresql":
        return
    # Before the rows, as whoever takes in a change of them does.
    lock_number(connection, CHANGES)
    for table, key, ids in (
        (t.needs, t.needs.c.need_id, [need_id]),
        (t.capabilities, t.capabilities.c.capability_id, sorted(set(capability_ids))),
        (t.members, t.members.c.member_id, sorted(set(member_ids))),
    ):
        connection.execute(
            select(key).select_from(table).where(key.in_(ids)).order_by(key).with_for_update()
        )


def put_reservations(connection: Connection, reservations: Iterable[Reservation]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "match_id": r.match_id,
            "kind": r.kind,
            "key": r.key,
            "amount": r.amount,
            "status": r.status,
            "at": r.at,
            "yearly": r.yearly,
        }
        for r in reservations
    ]
    upsert(connection, t.reservations, rows, ["match_id", "kind", "key"])


def set_status(
    connection: Connection,
    match_id: str,
    kinds: Iterable[str],
    status: str,
    at: datetime,
    *,
    but_yearly: bool = False,
) -> None:
    """Released stays released: a late move must not take anything back."""
    table = t.reservations
    statement = update(table).where(
        table.c.match_id == match_id,
        table.c.kind.in_(list(kinds)),
        table.c.status != RELEASED,
    )
    if but_yearly:
        statement = statement.where(table.c.yearly.is_(False))
    connection.execute(statement.values(status=status, at=at))


def counting(
    connection: Connection, kind: str, key: str, *, without: str | None = None
) -> list[Reservation]:
    """Reservations that are held or spent, but for those of the match `without`."""
    table = t.reservations
    query = select(table).where(
        table.c.kind == kind, table.c.key == key, table.c.status.in_([RESERVED, SPENT])
    )
    if without is not None:
        query = query.where(table.c.match_id != without)
    return [_reservation(row) for row in connection.execute(query).mappings()]


def counting_of(
    connection: Connection, kind: str, keys: Iterable[str]
) -> dict[str, list[Reservation]]:
    """The same of several keys at once."""
    table = t.reservations
    query = select(table).where(
        table.c.kind == kind,
        table.c.key.in_(list(keys)),
        table.c.status.in_([RESERVED, SPENT]),
    )
    return _by_key(connection.execute(query).mappings())


def all_counting(connection: Connection, kind: str) -> dict[str, list[Reservation]]:
    table = t.reservations
    query = select(table).where(table.c.kind == kind, table.c.status.in_([RESERVED, SPENT]))
    return _by_key(connection.execute(query.order_by(table.c.key)).mappings())


def reservations_of(connection: Connection, match_id: str) -> list[Reservation]:
    table = t.reservations
    query = select(table).where(table.c.match_id == match_id)
    rows = connection.execute(query.order_by(table.c.kind, table.c.key)).mappings()
    return [_reservation(row) for row in rows]


def _by_key(rows: Iterable[Any]) -> dict[str, list[Reservation]]:
    found: dict[str, list[Reservation]] = {}
    for row in rows:
        found.setdefault(row["key"], []).append(_reservation(row))
    return found


def _reservation(row: Any) -> Reservation:
    return Reservation(
        row["match_id"],
        row["kind"],
        row["key"],
        row["amount"],
        row["status"],
        row["at"],
        row["yearly"],
    )
