"""Lists of matches: filtered by tags, newest first, in pages that stay put."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from services.matcher.domain.matches import Match
from services.matcher.domain.states import OPEN, State
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of
from shared.storage import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Whatever is None does not filter. `places`: the place and all it lies in."""

    states: Sequence[str] = ()
    goal: int | None = None
    place: str | None = None
    places: Sequence[str] = ()
    sector: str | None = None
    locality: str | None = None
    member_id: str | None = None
    need_id: str | None = None
    origin: str | None = None
    held: bool | None = None


def put_tags(connection: Connection, match_id: str, tags: Iterable[tuple[str, str]]) -> None:
    rows = [{"match_id": match_id, "kind": kind, "value": value} for kind, value in sorted(tags)]
    upsert(connection, t.match_tags, rows, ["match_id", "kind", "value"])


def list_matches(
    connection: Connection,
    filters: Filters,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[Match]:
    """Newest first by when they were proposed, then by id; `after` is the last row seen."""
    column = t.matches.c
    conditions = [*_conditions(filters)]
    if after is not None:
        moment, match_id = after
        conditions.append(
            or_(
                column.proposed_at < moment,
                and_(column.proposed_at == moment, column.match_id > match_id),
            )
        )
    query = select(t.matches).where(*conditions)
    query = query.order_by(column.proposed_at.desc(), column.match_id).limit(limit)
    return matches_of(connection, query)


def counts_by_state(connection: Connection) -> dict[str, int]:
    query = select(t.matches.c.state, func.count()).group_by(t.matches.c.state)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def served_needs(connection: Connection) -> frozenset[str]:
    """Needs with a match under way, from the proposal on, or completed.

    Asked by need, so that the index of needs and states answers without reading a match.
    """
    column = t.matches.c
    states = sorted(one.value for one in OPEN | {State.COMPLETED})
    mine = (column.need_id == t.needs.c.need_id) & column.state.in_(states)
    query = select(t.needs.c.need_id).where(exists(select(1).where(mine)))
    return frozenset(connection.scalars(query))


def _conditions(filters: Filters) -> Iterable[ColumnElement[bool]]:
    column = t.matches.c
    if filters.states:
        yield column.state.in_(list(filters.states))
    if filters.need_id is not None:
        yield column.need_id == filters.need_id
    if filters.origin is not None:
        yield column.origin == filters.origin
    if filters.held is not None:
        yield column.hold_code.is_not(None) if filters.held else column.hold_code.is_(None)
    if filters.member_id is not None:
        inside = select(t.parties.c.match_id).where(t.parties.c.member_id == filters.member_id)
        yield column.match_id.in_(inside)
    yield from _by_tags(filters)


def _by_tags(filters: Filters) -> Iterable[ColumnElement[bool]]:
    tag = t.match_tags.c
    if filters.goal is not None:
        yield _tagged(and_(tag.kind == "goal", tag.value == str(filters.goal)))
    if filters.sector is not None:
        yield _tagged(and_(tag.kind == "sector", tag.value == filters.sector))
    if filters.locality is not None:
        yield _tagged(and_(tag.kind == "locality", tag.value == filters.locality))
    if filters.place is not None:
        own = and_(tag.kind == "place", tag.value.in_([filters.place, *filters.places]))
        inside = and_(tag.kind == "within", tag.value == filters.place)
        yield _tagged(or_(own, inside))


def _tagged(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    inside = select(t.match_tags.c.match_id).where(condition)
    return t.matches.c.match_id.in_(inside)
