"""Which kind of member to recruit next, as the worker last worked it out, with names to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.store import tables as t
from services.matcher.store.recruiting import last_recruited, stamp_now

SHOWN, NEEDS_SHOWN = 10, 5


@dataclass(frozen=True, slots=True)
class Named:
    id: str
    title: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    sector: str
    goal: int
    region: str
    unlocks: int
    fresh: int
    like: Sequence[Named]
    needs: Sequence[Named]


@dataclass(frozen=True, slots=True)
class RecruitList:
    """`found_at` is None until it was worked out once; `changed` since, or being done anew."""

    found_at: datetime | None = None
    without: int = 0
    kinds: Sequence[Kind] = ()
    running: bool = False
    changed: bool = False


def recruit_list(connection: Connection) -> RecruitList:
    last, stamp = last_recruited(connection), stamp_now(connection)
    if last is None or last.found is None:
        return RecruitList()
    told: list[dict[str, Any]] = last.found["kinds"][:SHOWN]
    needs = _needs(connection, (id_ for one in told for id_ in one["needs"][:NEEDS_SHOWN]))
    like = _capabilities(connection, (id_ for one in told for id_ in one["like"][:1]))
    return RecruitList(
        found_at=last.found_at,
        without=last.found["without"],
        kinds=[
            Kind(
                one["sector"],
                one["goal"],
                one["region"],
                one["unlocks"],
                one["fresh"],
                [like[id_] for id_ in one["like"][:1] if id_ in like],
                [needs[id_] for id_ in one["needs"][:NEEDS_SHOWN] if id_ in needs],
            )
            for one in told
        ],
        running=last.running,
        changed=last.begun != stamp,
    )


def _needs(connection: Connection, ids: Iterable[str]) -> Mapping[str, Named]:
    """Those that are not erased since."""
    column = t.needs.c
    query = select(column.need_id, column.state["title"].as_string())
    query = query.where(column.need_id.in_(sorted(set(ids))), column.status != "erased")
    return {row[0]: Named(row[0], row[1]) for row in connection.execute(query)}


def _capabilities(connection: Connection, ids: Iterable[str]) -> Mapping[str, Named]:
    column, member = t.capabilities.c, t.members.c
    query = (
        select(column.capability_id, column.state["title"].as_string(), member.name)
        .join(t.members, member.member_id == column.member_id)
        .where(column.capability_id.in_(sorted(set(ids))), column.status != "erased")
    )
    return {row[0]: Named(*row) for row in connection.execute(query)}
