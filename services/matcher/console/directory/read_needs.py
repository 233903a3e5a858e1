"""The needs of the coalition and how each is doing: "nothing good enough yet" is a result too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select

from services.matcher.console.review.filters import Filters, need_conditions
from services.matcher.console.review.listed import PER_PAGE
from services.matcher.domain.matches import Match
from services.matcher.scoring.market.priority import districts_meant
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.figures import priorities_in
from services.matcher.store.matches import matches_of
from shared.reference.places import Places

SHOWN = {"": "All published needs", "nothing": "Nothing good enough yet", "open": "With matches"}


@dataclass(frozen=True, slots=True)
class NeedRow:
    need: Mapping[str, Any]
    member_name: str
    open_by_state: Mapping[str, int]

    @property
    def nothing(self) -> bool:
        return not self.open_by_state


@dataclass(frozen=True, slots=True)
class NeedsPage:
    rows: Sequence[NeedRow]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.number - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * PER_PAGE, self.total)


@dataclass(frozen=True, slots=True)
class NeedPage:
    need: Mapping[str, Any]
    member: Mapping[str, Any] | None
    matches: Sequence[Match]
    priority: str | None
    """A sentence on the worst-off of its places, with source, date and licence."""


def needs_page(connection: Connection, filters: Filters, shown: str, number: int) -> NeedsPage:
    table = t.needs
    conditions = [_published(), *need_conditions(filters, connection.dialect.name)]
    if shown == "nothing":
        conditions.append(~_has_open_match())
    elif shown == "open":
        conditions.append(_has_open_match())
    total = connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    number = min(max(1, number), max(1, -(-total // PER_PAGE)))
    query = (
        select(table.c.need_id, table.c.state)
        .where(*conditions)
        .order_by(func.lower(table.c.state["title"].as_string()), table.c.need_id)
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    found = {row.need_id: dict(row.state) for row in connection.execute(query)}
    names = names_of_members(connection, {state["member_id"] for state in found.values()})
    counts = _open_counts(connection, list(found))
    rows = [
        NeedRow(
            state, str(names.get(state["member_id"], state["member_id"])), counts.get(need_id, {})
        )
        for need_id, state in found.items()
    ]
    return NeedsPage(rows, total, number)


def count_without(connection: Connection) -> tuple[int, int]:
    """Published needs, and those for which there is nothing good enough yet."""
    counted = select(func.count()).select_from(t.needs).where(_published())
    all_ = connection.scalar(counted) or 0
    return all_, connection.scalar(counted.where(~_has_open_match())) or 0


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
