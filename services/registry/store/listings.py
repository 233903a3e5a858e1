"""Rows of capabilities and needs: two tables of one shape."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from services.registry.domain.listings import PLACES_FIELD, Listing, ListingKind
from services.registry.store import tables
from services.registry.store.rows import chunks, delete_where_in, insert_rows, update_rows

_NAMES = (
    "id", "member_id", "contact_id", "content", "status", "closed_code", "version",
    "material_version", "material", "published_at", "confirmed_at", "changed_at", "created_at",
    "places_typed", "imported",
)  # fmt: skip


def select_listings(kind: ListingKind) -> Select[Any]:
    table = tables.LISTINGS[kind]
    return select(*[table.c[name] for name in _NAMES])


def listing_of(kind: ListingKind, row: Row[Any]) -> Listing:
    return Listing(kind=kind, **row._mapping)  # noqa: SLF001 - the documented way to the names


def load_listings(
    connection: Connection, kind: ListingKind, ids: Iterable[str], *, lock: bool = False
) -> dict[str, Listing]:
    """The listings with these ids; `lock` holds their rows until the transaction ends."""
    found: dict[str, Listing] = {}
    table = tables.LISTINGS[kind]
    for chunk in chunks(sorted(set(ids))):
        query = select_listings(kind).where(table.c.id.in_(chunk)).order_by(table.c.id)
        if lock:
            query = query.with_for_update()
        found.update((row.id, listing_of(kind, row)) for row in connection.execute(query))
    return found


def listings_of_member(connection: Connection, kind: ListingKind, member_id: str) -> list[Listing]:
    table = tables.LISTINGS[kind]
    query = select_listings(kind).where(table.c.member_id == member_id).order_by(table.c.id)
    return [listing_of(kind, row) for row in connection.execute(query.with_for_update())]


def listings_past(
    connection: Connection, kind: ListingKind, today: date, limit: int
) -> list[Listing]:
    """Open listings whose last day is over."""
    table = tables.LISTINGS[kind]
    query = (
        select_listings(kind)
        .where(table.c.last_day < today, table.c.status.in_(("published", "paused")))
        .order_by(table.c.id)
        .limit(limit)
        .with_for_update()
    )
    return [listing_of(kind, row) for row in connection.execute(query)]


def save_listings(
    connection: Connection,
    kind: ListingKind,
    new: Sequence[Listing],
    changed: Sequence[Listing],
) -> None:
    """Write listings and the rows they are looked up by. Conflict when a new id is taken."""
    table = tables.LISTINGS[kind]
    insert_rows(connection, table, [_row(listing) for listing in new])
    update_rows(connection, table, [_row(listing) for listing in changed])
    ids = [listing.id for listing in changed]
    places, goals = tables.LISTING_PLACES[kind], tables.LISTING_GOALS[kind]
    delete_where_in(connection, places.c.listing_id, ids)
    delete_where_in(connection, goals.c.listing_id, ids)
    every = [*new, *changed]
    insert_rows(connection, places, _values(every, PLACES_FIELD[kind], "place"))
    insert_rows(connection, goals, _values(every, "goals", "goal"))


def _row(listing: Listing) -> dict[str, Any]:
    content = listing.content
    searched = [listing.title, content.get("description") or "", listing.id]
    searched.append((content.get("locality") or {}).get("text") or "")
    return {
        "id": listing.id,
        "member_id": listing.member_id,
        "contact_id": listing.contact_id,
        "title": listing.title,
        "status": listing.status,
        "closed_code": listing.closed_code,
        "last_day": listing.last_day,
        "content": dict(content),
        "material": dict(listing.material),
        "places_typed": dict(listing.places_typed),
        "imported": dict(listing.imported),
        "search_text": "\n".join(searched).casefold(),
        "version": listing.version,
        "material_version": listing.material_version,
        "published_at": listing.published_at,
        "confirmed_at": listing.confirmed_at,
        "created_at": listing.created_at,
        "changed_at": listing.changed_at,
    }


def _values(listings: Sequence[Listing], field: str, column: str) -> list[dict[str, Any]]:
    return [
        {"listing_id": listing.id, column: value}
        for listing in listings
        for value in dict.fromkeys(listing.content.get(field) or ())
    ]
