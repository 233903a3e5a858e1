"""Listings whose day is over are closed; the ones nobody confirmed are counted."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from services.registry.domain import listings as domain
from services.registry.domain.listings import LISTING_KINDS, ListingKind
from services.registry.domain.rules import Rules
from services.registry.states import tell_listing
from services.registry.store import tables
from services.registry.store.listings import listings_past, save_listings
from shared.storage import Work

BATCH_LISTINGS = 200


def close_past_listings(work: Work) -> int:
    """Close up to 200 listings of each kind whose last day is over; returns how many."""
    closed_now = 0
    for kind in LISTING_KINDS:
        past = listings_past(work.connection, kind, work.now.date(), BATCH_LISTINGS)
        closed = [domain.moved(listing, "close", work.now, "date_passed") for listing in past]
        save_listings(work.connection, kind, [], closed)
        for listing in closed:
            tell_listing(work, listing, "closed")
        closed_now += len(closed)
    return closed_now


def unconfirmed(kind: ListingKind, rules: Rules, now: datetime) -> ColumnElement[bool]:
    """Published listings to ask about: unconfirmed for longer than the rules allow."""
    table = tables.LISTINGS[kind]
    before = now - timedelta(days=rules.confirm_after_days)
    return (table.c.confirmed_at < before) & (table.c.status == "published")


def count_unconfirmed(connection: Connection, rules: Rules, now: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind in LISTING_KINDS:
        query: Any = select(func.count()).select_from(tables.LISTINGS[kind])
        counts[kind] = int(
            connection.execute(query.where(unconfirmed(kind, rules, now))).scalar_one()
        )
    return counts
