"""A page of a list of the directory, and how its rows are chosen by state and freshness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from services.matcher.console.paging import Paged, Place
from services.matcher.console.review.filters import Filters
from services.matcher.scoring.market.rules import CONFIRMED_DAYS
from services.matcher.store import tables as t

ASKED_AFTER_DAYS = 183
"""Half a year, after which a member is asked whether a listing is still true."""
LISTING_STATES = {
    "": "Published",
    "paused": "Paused",
    "closed": "Closed",
    "any": "In any state",
}
MEMBER_STATES = {
    "": "In the coalition",
    "active": "Active",
    "invited": "Invited",
    "paused": "Paused",
    "withdrawn": "Withdrawn",
}
FRESHNESS = {
    "": "Whenever confirmed",
    "fresh": "Confirmed in the last six months",
    "ageing": "Six to nine months ago",
    "stale": "Too long ago to be proposed",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a list is narrowed by: the filters all lists have, and those of the directory."""

    filters: Filters
    state: str = ""
    fresh: str = ""
    shown: str = ""

    @property
    def narrowed(self) -> bool:
        return self.filters.narrowed or bool(self.state or self.fresh)

    def query(self, number: int | None = None) -> str:
        own = {"state": self.state, "fresh": self.fresh, "shown": self.shown, "page": number}
        more = urlencode({name: value for name, value in own.items() if value})
        return "&".join(part for part in (self.filters.query(), more) if part)


def read_chosen(filters: Filters, args: Mapping[str, str], states: Mapping[str, str]) -> Chosen:
    """A state or freshness that there is not is left out."""

    def one_of(name: str, values: Mapping[str, str]) -> str:
        given = args.get(name, "")
        return given if given in values else ""

    shown = args.get("shown", "")
    return Chosen(
        filters,
        one_of("state", states),
        one_of("fresh", FRESHNESS),
        shown if shown in ("nothing", "open") else "",
    )


def state_conditions(table: Table, chosen: Chosen, now: datetime) -> list[ColumnElement[bool]]:
    """Of listings: in which state of their life, and when last confirmed."""
    status = table.c.status
    found = [
        status != "erased" if chosen.state == "any" else status == (chosen.state or "published")
    ]
    if chosen.fresh:
        asked, stale = (
            (now - timedelta(days=days)).isoformat() for days in (ASKED_AFTER_DAYS, CONFIRMED_DAYS)
        )
        at = confirmed_at(table.c.state)
        found.append({"fresh": at >= asked, "ageing": and_(at < asked, at >= stale),
                      "stale": at < stale}[chosen.fresh])  # fmt: skip
    return found


def confirmed_at(state: Any) -> Any:
    """When a listing was last confirmed, as it is written on the bus; that sorts by time."""
    return func.coalesce(state["confirmed_at"].as_string(), state["published_at"].as_string(), "")


def read_page(
    connection: Connection,
    table: Table,
    conditions: Sequence[ColumnElement[bool]],
    order: Any,
    number: int,
) -> Paged[Mapping[str, Any]]:
    """States of a page."""
    total = connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    place, key = Place(number, total), next(iter(table.primary_key))
    query = place.of(select(table.c.state).where(*conditions).order_by(order, key))
    return Paged([dict(row) for row in connection.scalars(query)], place)


def by_title(table: Table) -> Any:
    return func.lower(table.c.state["title"].as_string())


def open_by_listing(
    connection: Connection, kind: str, ids: Sequence[str]
) -> dict[str, dict[str, int]]:
    """How many open matches each of these listings has, by state."""
    query = (
        select(t.parties.c.listing_id, t.matches.c.state, func.count())
        .join(t.matches, t.matches.c.match_id == t.parties.c.match_id)
        .where(t.parties.c.listing_kind == kind, t.parties.c.listing_id.in_(ids), t.matches.c.open)
        .group_by(t.parties.c.listing_id, t.matches.c.state)
    )
    return _nested(connection.execute(query))


def matches_by_member(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many matches each of these members is in, by state."""
    query = (
        select(
            t.parties.c.member_id, t.matches.c.state, func.count(t.matches.c.match_id.distinct())
        )
        .join(t.matches, t.matches.c.match_id == t.parties.c.match_id)
        .where(t.parties.c.member_id.in_(ids))
        .group_by(t.parties.c.member_id, t.matches.c.state)
    )
    return _nested(connection.execute(query))


def _nested(rows: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for id_, state, number in rows:
        found.setdefault(id_, {})[state] = number
    return found
