"""What members can bring, how much of it is left, and what it is matched with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from services.matcher.console.directory.paged import (
    Chosen,
    by_title,
    open_by_listing,
    read_page,
    state_conditions,
)
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.paging import PER_PAGE, Paged
from services.matcher.console.review.filters import Filters, listing_conditions
from services.matcher.domain import capacity
from services.matcher.domain.matches import Match
from services.matcher.proposing.as_scored import capability_of
from services.matcher.proposing.standing import left_of, published_at
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of
from services.matcher.store.reservations import counting_of
from shared.reference.places import Places

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    capability: State
    member_name: str
    open_by_state: Mapping[str, int]
    left: int
    """Below zero where more is reserved than is offered by now."""


@dataclass(frozen=True, slots=True)
class CapabilityPage:
    row: CapabilityRow
    member: State | None
    matches: Sequence[Match]


def capabilities_page(
    connection: Connection, chosen: Chosen, number: int, now: datetime
) -> Paged[CapabilityRow]:
    conditions = capability_filter(connection, chosen, now)
    page = read_page(connection, t.capabilities, conditions, by_title(t.capabilities), number)
    return page.showing(lambda states: capability_rows(connection, states, now))


def capability_filter(
    connection: Connection, chosen: Chosen, now: datetime
) -> list[ColumnElement[bool]]:
    return [
        *state_conditions(t.capabilities, chosen, now),
        *listing_conditions(
            t.capabilities, "delivers_in", _reaching(chosen.filters), connection.dialect.name
        ),
    ]


def capability_rows(
    connection: Connection, states: Sequence[State], now: datetime
) -> list[CapabilityRow]:
    ids = [state["capability_id"] for state in states]
    names = names_of_members(connection, {state["member_id"] for state in states})
    counts = open_by_listing(connection, "capability", ids)
    held = counting_of(connection, capacity.CAPACITY, ids)
    return [
        CapabilityRow(
            state,
            names.get(state["member_id"], str(state["member_id"])),
            counts.get(state["capability_id"], {}),
            _left(state, held.get(state["capability_id"], []), now),
        )
        for state in states
    ]


def capability_page(
    connection: Connection, capability_id: str, now: datetime
) -> CapabilityPage | None:
    state = known.capability_state(connection, capability_id)
    if state is None:
        return None
    brought = select(t.parties.c.match_id).where(
        t.parties.c.listing_kind == "capability", t.parties.c.listing_id == capability_id
    )
    table = t.matches
    query = (
        select(table)
        .where(table.c.match_id.in_(brought))
        .order_by(table.c.open.desc(), table.c.score.desc(), table.c.last_at.desc())
        .limit(PER_PAGE)
    )
    member = known.member_state(connection, state["member_id"])
    [row] = capability_rows(connection, [state], now)
    return CapabilityPage(row, member, matches_of(connection, query))


def _left(state: State, held: Sequence[capacity.Reservation], now: datetime) -> int:
    return left_of(capability_of(state).capacity, published_at(state), held, now)


def _reaching(filters: Filters) -> Filters:
    """What is offered in all of a region reaches each place in it."""
    places = Places.load()
    around = {above for code in filters.taken.codes for above in places.get(code).parents}
    return replace(filters, within=filters.within | around)
