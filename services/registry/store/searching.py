"""Lists: filters in the query itself, one page at a time by id."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from services.registry.domain.listings import Listing, ListingKind
from services.registry.domain.members import Member
from services.registry.store import tables
from services.registry.store.listings import listing_of, select_listings
from services.registry.store.members import member_of, select_members


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None and empty do not narrow.

    `within` is the member the caller is limited to. `places` are all the codes that count.
    """

    within: str | None = None
    member: str | None = None
    sector: str | None = None
    status: str | None = None
    goal: int | None = None
    places: Sequence[str] | None = None
    words: str | None = None
    extra: Sequence[ColumnElement[bool]] = ()


def find_members(
    connection: Connection, filters: Filters, limit: int, after: str | None
) -> list[Member]:
    """Up to `limit` members by id, from behind `after`."""
    table = tables.members
    query = select_members()
    if filters.within is not None:
        query = query.where(table.c.id == filters.within)
    if filters.sector is not None:
        query = query.where(table.c.sector == filters.sector)
    if filters.places is not None:
        places = tables.member_places
        inside = places.c.place.in_(filters.places) & (places.c.member_id == table.c.id)
        query = query.where(exists().where(inside))
    rows = connection.execute(_page(query, table, filters, limit, after))
    return [member_of(row) for row in rows]


def find_listings(
    connection: Connection,
    kind: ListingKind,
    filters: Filters,
    limit: int,
    after: str | None,
) -> list[Listing]:
    """Up to `limit` listings by id, from behind `after`."""
    table = tables.LISTINGS[kind]
    query = select_listings(kind)
    for member_id in (filters.within, filters.member):
        if member_id is not None:
            query = query.where(table.c.member_id == member_id)
    if filters.sector is not None:
        of_sector = select(tables.members.c.id).where(tables.members.c.sector == filters.sector)
        query = query.where(table.c.member_id.in_(of_sector))
    if filters.goal is not None:
        goals = tables.LISTING_GOALS[kind]
        with_goal = (goals.c.goal == filters.goal) & (goals.c.listing_id == table.c.id)
        query = query.where(exists().where(with_goal))
    if filters.places is not None:
        query = query.where(_in_places(kind, filters.places))
    rows = connection.execute(_page(query, table, filters, limit, after))
    return [listing_of(kind, row) for row in rows]


def _in_places(kind: ListingKind, codes: Sequence[str]) -> ColumnElement[bool]:
    """The listing's own places; where it names none, those of its member."""
    table, own, inherited = tables.LISTINGS[kind], tables.LISTING_PLACES[kind], tables.member_places
    named = exists().where((own.c.place.in_(codes)) & (own.c.listing_id == table.c.id))
    any_own = exists().where(own.c.listing_id == table.c.id)
    member_in = exists().where(
        inherited.c.place.in_(codes) & (inherited.c.member_id == table.c.member_id)
    )
    return named | (~any_own & member_in)


def _page(
    query: Select[Any], table: Any, filters: Filters, limit: int, after: str | None
) -> Select[Any]:
    if filters.status is not None:
        query = query.where(table.c.status == filters.status)
    for word in _words(filters.words):
        query = query.where(table.c.search_text.contains(word, autoescape=True))
    for condition in filters.extra:
        query = query.where(condition)
    if after is not None:
        query = query.where(table.c.id > after)
    return query.order_by(table.c.id).limit(limit)


def _words(text: str | None) -> Iterable[str]:
    return (text or "").casefold().split()[:8]
