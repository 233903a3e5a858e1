"""A round as its page shows it: the figures side by side, and which proposals come and go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.domain.assignment import AssignmentRound
from services.matcher.store import tables as t
from services.matcher.store.assignments import Chosen, choices_of

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the comparison: as it is now, as it would be, and what that comes to in words."""

    title: str
    now: str
    then: str
    difference: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A proposal of a run in words."""

    need_id: str
    need: str
    needing: str
    capability: str
    bringing: str
    score: float


@dataclass(frozen=True, slots=True)
class RoundPage:
    round: AssignmentRound
    figures: Sequence[Figure]
    gained: Sequence[Pair]
    lost: Sequence[Pair]
    asked_by: str


def _count(value: float) -> str:
    return f"{value:.0f}"


def _decimal(value: float) -> str:
    return f"{value:.2f}"


def _share(value: float) -> str:
    return f"{value:.0%}"


def _worst(figures: Mapping[str, Any]) -> float:
    worst = figures.get("worst")
    return float(worst["share"]) if worst else 1.0


_FIGURES: tuple[tuple[str, Callable[[Mapping[str, Any]], float], Callable[[float], str]], ...] = (
    ("Proposals", lambda f: f["pairs"], _count),
    ("Needs with at least one", lambda f: f["covered"], _count),
    ("Expected matches", lambda f: f["expected"], _decimal),
    ("Expected matches without the floor", lambda f: f["without_floor"], _decimal),
    ("Unevenness among suppliers (Gini)", lambda f: f["gini"], _decimal),
    ("Most proposals of one supplier", lambda f: f["most_of_a_member"], _count),
    ("Needs served in the place that is worst off", _worst, _share),
)


def round_page(connection: Connection, found: AssignmentRound, asked_by: str) -> RoundPage:
    gained, lost = (
        _pairs(connection, choices_of(connection, found.round_id, [change], SHOWN))
        for change in ("gained", "lost")
    )
    return RoundPage(found, compared(found.figures), gained, lost, asked_by)


def compared(figures: Mapping[str, Any]) -> list[Figure]:
    """Empty while there are none. A live round has nothing beside it but what it left."""
    then = figures.get("then")
    if not then:
        return []
    now = figures.get("now")
    lines = []
    for title, read, said in _FIGURES:
        value = read(then)
        before = read(now) if now else value
        change = value - before
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        difference = f"{sign}{said(abs(change))}" if now else ""
        lines.append(Figure(title, said(before) if now else "", said(value), difference))
    return lines


def _pairs(connection: Connection, chosen: Sequence[Chosen]) -> list[Pair]:
    needs = _states(connection, t.needs, {one.need_id for one in chosen})
    ids = {id_ for one in chosen for id_ in one.capability_set.split("\n")}
    capabilities = _states(connection, t.capabilities, ids)
    members = {one.member_id for one in chosen} | {str(one["member_id"]) for one in needs.values()}
    names = names_of_members(connection, members)

    def title(states: Mapping[str, Mapping[str, Any]], id_: str) -> str:
        return str(states[id_]["title"]) if id_ in states else id_

    return [
        Pair(
            one.need_id,
            title(needs, one.need_id),
            names.get(str(needs.get(one.need_id, {}).get("member_id", "")), ""),
            "; ".join(title(capabilities, id_) for id_ in one.capability_set.split("\n")),
            names.get(one.member_id, one.member_id),
            one.score,
        )
        for one in chosen
    ]


def _states(connection: Connection, table: Any, ids: set[str]) -> dict[str, Mapping[str, Any]]:
    key = next(iter(table.primary_key))
    query = select(key, table.c.state).where(key.in_(sorted(ids)))
    return {row[0]: dict(row[1]) for row in connection.execute(query) if row[1] is not None}
