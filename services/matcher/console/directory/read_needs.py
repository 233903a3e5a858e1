"""The needs of the coalition and how each is doing: "nothing good enough yet" is a result too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select

from services.matcher.console.directory.paged import (
    Chosen,
    by_title,
    read_page,
    state_conditions,
)
from services.matcher.console.paging import PER_PAGE, Paged
from services.matcher.console.review.filters import need_conditions
from services.matcher.domain.matches import Match
from services.matcher.scoring.market.priority import districts_meant
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.figures import priorities_in
from services.matcher.store.matches import matches_of
from shared.reference.places import Places

SHOWN = {"": "All needs", "nothing": "Nothing good enough yet", "open": "With matches"}


@dataclass(frozen=True, slots=True)
class NeedRow:
    need: Mapping[str, Any]
    member_name: str
    open_by_state: Mapping[str, int]

    @property
    def nothing(self) -> bool:
        return not self.open_by_state


@dataclass(frozen=True, slots=True)
class NeedPage:
    need: Mapping[str, Any]
    member: Mapping[str, Any] | None
    matches: Sequence[Match]
    priority: str | None
    """A sentence on the worst-off of its places, with source, date and licence."""


def needs_page(
    connection: Connection, chosen: Chosen, number: int, now: datetime
) -> Paged[NeedRow]:
    conditions = need_filter(connection, chosen, now)
    page = read_page(connection, t.needs, conditions, by_title(t.needs), number)
    return page.showing(lambda states: _need_rows(connection, states))


def _need_rows(connection: Connection, states: Sequence[Mapping[str, Any]]) -> list[NeedRow]:
    names = names_of_members(connection, {state["member_id"] for state in states})
    counts = _open_counts(connection, [state["need_id"] for state in states])
    return [
        NeedRow(
            state,
            names.get(state["member_id"], str(state["member_id"])),
            counts.get(state["need_id"], {}),
        )
        for state in states
    ]


def need_filter(connection: Connection, chosen: Chosen, now: datetime) -> list[ColumnElement[bool]]:
    conditions = [
        *state_conditions(t.needs, chosen, now),
        *need_conditions(chosen.filters, connection.dialect.name),
    ]
    if chosen.shown == "nothing":
        conditions.append(~_has_open_match())
    elif chosen.shown == "open":
        conditions.append(_has_open_match())
    return conditions


def need_page(connection: Connection, need_id: str) -> NeedPage | None:
    state = known.need_state(connection, need_id)
    if state is None:
        return None
    table = t.matches
    query = (
        select(table)
        .where(table.c.need_id == need_id)
        .order_by(table.c.open.desc(), table.c.score.desc(), table.c.last_at.desc())
        .limit(PER_PAGE)
    )
    member = known.member_state(connection, state["member_id"])
    priority = _priority(connection, state["places"] or (member or {}).get("places") or ())
    return NeedPage(state, member, matches_of(connection, query), priority)


def _priority(connection: Connection, codes: Sequence[str]) -> str | None:
    places = Places.load()
    figures = priorities_in(connection, districts_meant(places, codes))
    found = figures.of_places(places, codes)
    return found.sentence(places.get(found.district).name) if found else None


def member_names(connection: Connection, most: int = 300) -> list[str]:
    """For the suggestions of a filter."""
    table = t.members
    query = select(table.c.name).where(table.c.name != "").order_by(table.c.name).limit(most)
    return list(connection.scalars(query))


def _published() -> ColumnElement[bool]:
    return t.needs.c.status == "published"


def _has_open_match() -> ColumnElement[bool]:
    return exists(select(1).where(t.matches.c.need_id == t.needs.c.need_id, t.matches.c.open))


def names_of_members(connection: Connection, member_ids: set[str]) -> dict[str, str]:
    query = select(t.members.c.member_id, t.members.c.name)
    rows = connection.execute(query.where(t.members.c.member_id.in_(sorted(member_ids))))
    return {row[0]: row[1] for row in rows}


def _open_counts(connection: Connection, need_ids: list[str]) -> dict[str, dict[str, int]]:
    table = t.matches
    query = (
        select(table.c.need_id, table.c.state, func.count())
        .where(table.c.need_id.in_(need_ids), table.c.open)
        .group_by(table.c.need_id, table.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for need_id, state, number in connection.execute(query):
        found.setdefault(need_id, {})[state] = number
    return found
