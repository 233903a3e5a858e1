"""The organisations of the coalition: what each offers, needs and has going on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from services.matcher.console.directory.paged import (
    Chosen,
    confirmed_at,
    matches_by_member,
    read_page,
)
from services.matcher.console.directory.read_capabilities import CapabilityRow, capability_rows
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.paging import Paged
from services.matcher.console.review.filters import any_of, contains
from services.matcher.domain.capacity import EXPOSURE, taken
from services.matcher.domain.matches import Match
from services.matcher.domain.states import CLOSED
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of
from services.matcher.store.reservations import counting

State = Mapping[str, Any]
MOST_LISTINGS = 50
MOST_MATCHES = 8


@dataclass(frozen=True, slots=True)
class MemberRow:
    member: State
    offers: int
    needs: int
    open_matches: int


@dataclass(frozen=True, slots=True)
class MemberPage:
    member: State
    needs: Sequence[State]
    offers: Sequence[CapabilityRow]
    matches: Sequence[Match]
    by_state: Mapping[str, int]
    asked_now: int
    """Matches it is asked about now, which count towards the limit."""
    conflicts: Sequence[Mapping[str, Any]]
    """With the name of the member where one is meant."""
    confirmed: str
    """When the listing that was confirmed longest ago was; empty where none is published."""


def members_page(connection: Connection, chosen: Chosen, number: int) -> Paged[MemberRow]:
    conditions = member_filter(connection, chosen)
    order = func.lower(t.members.c.name)
    page = read_page(connection, t.members, conditions, order, number)
    return page.showing(lambda states: member_rows(connection, states))


def member_filter(connection: Connection, chosen: Chosen) -> list[ColumnElement[bool]]:
    table, filters = t.members, chosen.filters
    state = table.c.state
    if chosen.state:
        found = [table.c.status == chosen.state]
    else:
        found = [table.c.status.not_in(["erased", "withdrawn"])]
    if filters.within:
        found.append(any_of(connection.dialect.name, state, "places", sorted(filters.within)))
    if filters.sector and "sector" not in filters.faults:
        found.append(state["sector"].as_string() == filters.sector)
    for text in (filters.member, filters.text):
        if text:
            told = (table.c.name, table.c.member_id, state["industry"].as_string())
            found.append(or_(*(contains(column, text) for column in told)))
    return found


def member_rows(connection: Connection, states: Sequence[State]) -> list[MemberRow]:
    ids = [state["member_id"] for state in states]
    offers, needs = (_published_of(connection, table, ids) for table in (t.capabilities, t.needs))
    matches = matches_by_member(connection, ids)
    return [
        MemberRow(state, offers.get(id_, 0), needs.get(id_, 0), _open(matches.get(id_, {})))
        for id_, state in zip(ids, states, strict=True)
    ]


def member_page(connection: Connection, member_id: str, now: datetime) -> MemberPage | None:
    member = known.member_state(connection, member_id)
    if member is None:
        return None
    mine = select(t.parties.c.match_id).where(t.parties.c.member_id == member_id)
    table = t.matches
    query = (
        select(table)
        .where(table.c.match_id.in_(mine))
        .order_by(table.c.open.desc(), table.c.last_at.desc())
        .limit(MOST_MATCHES)
    )
    offers = _listings(connection, t.capabilities, member_id)
    needs = _listings(connection, t.needs, member_id)
    return MemberPage(
        member=member,
        needs=needs,
        offers=capability_rows(connection, offers, now),
        matches=matches_of(connection, query),
        by_state=matches_by_member(connection, [member_id]).get(member_id, {}),
        asked_now=taken(counting(connection, EXPOSURE, member_id)),
        conflicts=_conflicts(connection, member_id),
        confirmed=min(
            (
                str(one["confirmed_at"] or one["published_at"] or "")
                for one in (*offers, *needs)
                if one["status"] == "published"
            ),
            default="",
        ),
    )


def _listings(connection: Connection, table: Table, member_id: str) -> list[State]:
    """The published first, then the latest."""
    published = table.c.status == "published"
    query = (
        select(table.c.state)
        .where(table.c.member_id == member_id, table.c.state.is_not(None))
        .order_by(published.desc(), confirmed_at(table.c.state).desc())
        .limit(MOST_LISTINGS)
    )
    return [dict(row) for row in connection.scalars(query) if row]


def _conflicts(connection: Connection, member_id: str) -> list[dict[str, Any]]:
    declared = known.conflicts_of(connection, [member_id]).get(member_id, [])
    ids = {str(one["member_id"]) for one in declared if one.get("member_id")}
    names = names_of_members(connection, ids)
    return [{**one, "name": names.get(str(one.get("member_id")), "")} for one in declared]


def _published_of(connection: Connection, table: Table, ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(table.c.member_id, func.count())
        .where(table.c.member_id.in_(ids), table.c.status == "published")
        .group_by(table.c.member_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _open(by_state: Mapping[str, int]) -> int:
    return sum(number for state, number in by_state.items() if state not in CLOSED)
