"""A local project: one place, who brings what for whom there, what came of it, what is missing.

Everything is asked for by the place: what was introduced by the tags of matches, what is still
needed by the places of needs, no more of either than a page can tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from services.matcher.console import words
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.review.filters import Filters, need_conditions, places_within
from services.matcher.domain.matches import Match
from services.matcher.domain.states import BEFORE_INTRODUCTION, RUNNING, State
from services.matcher.proposing.tags import PLACE, WITHIN
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of
from shared.reference.place import Place
from shared.reference.places import Places
from shared.reference.vocabulary import URGENCY

MOST_NEEDS = MOST_MATCHES = 60
"""Of one place on one page; a region with more is better looked at district by district."""
_TOLD = RUNNING | {State.COMPLETED, State.ENDED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a member reported: a stage, and one number where it gave one."""

    match: Match
    stage: str
    amount: str
    unit: str


@dataclass(frozen=True, slots=True)
class MatchStory:
    """A match from its introduction on, and what was reported of it, the latest first."""

    match: Match
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class NeedStory:
    need: Mapping[str, Any]
    member_name: str
    matches: Sequence[Match]
    """Before the introduction: those on their way, then proposals; best first."""
    runs: bool
    """Whether members work together on it."""

    @property
    def under_way(self) -> bool:
        return bool(self.matches) and not self.runs

    @property
    def missing(self) -> bool:
        return not self.matches and not self.runs


@dataclass(frozen=True, slots=True)
class GoalStory:
    """`number` is None for what has no goal. Everything is told under its first goal."""

    number: int | None
    matches: Sequence[MatchStory]
    needs: Sequence[NeedStory]
    """Those that nobody works on yet."""


@dataclass(frozen=True, slots=True)
class PlacePage:
    place: Place
    goals: Sequence[GoalStory]
    needs: Sequence[NeedStory]
    matches: Sequence[MatchStory]
    partners: Sequence[str]
    """Names of members that serve the place already."""
    left_out: int
    """Published needs that are not shown."""


def place_page(connection: Connection, code: str) -> PlacePage:
    """Raises `PlaceError` for a code that is not known."""
    place = Places.load().get(code)
    many, shown = _needs(connection, code)
    told = _told(connection, code)
    coming = _before_introduction(connection, shown)
    served = _served(connection, shown)
    names = names_of_members(connection, {one["member_id"] for one in shown.values()})
    needs = [
        NeedStory(
            state, names.get(state["member_id"], ""), coming.get(need_id, []), need_id in served
        )
        for need_id, state in shown.items()
    ]
    at_work = (one.match for one in told if one.match.state is not State.ENDED)
    partners = {
        party.name for match in at_work for party in match.parties if party.role == "brings"
    }
    goals = _by_goal(told, needs)
    return PlacePage(place, goals, needs, told, sorted(partners), many - len(shown))


def _needs(connection: Connection, code: str) -> tuple[int, dict[str, Mapping[str, Any]]]:
    """How many published needs the place and what lies in it have, and the most urgent of them."""
    filters = Filters(within=places_within(code))
    state = t.needs.c.state
    there = and_(
        t.needs.c.status == "published", *need_conditions(filters, connection.dialect.name)
    )
    urgency = state["urgency"].as_string()
    pressing = case(*((urgency == one.id, -at) for at, one in enumerate(URGENCY)), else_=0)
    query = select(t.needs.c.need_id, state).where(there)
    query = query.order_by(pressing, state["title"].as_string(), t.needs.c.need_id)
    shown = {row.need_id: row.state for row in connection.execute(query.limit(MOST_NEEDS))}
    many = len(shown)
    if many == MOST_NEEDS:
        many = int(connection.scalar(select(func.count()).select_from(t.needs).where(there)) or 0)
    return many, shown


def _told(connection: Connection, code: str) -> list[MatchStory]:
    """What was introduced for the place, and how it went: running ones first, newest first."""
    tag, column = t.match_tags.c, t.matches.c
    inside = or_(
        and_(tag.kind == PLACE, tag.value == code), and_(tag.kind == WITHIN, tag.value == code)
    )
    query = select(t.matches).where(
        column.match_id.in_(select(tag.match_id).where(inside)), _state_in(_TOLD)
    )
    order = case((_state_in(RUNNING), 0), (column.state == State.COMPLETED.value, 1), else_=2)
    query = query.order_by(order, column.introduced_at.desc(), column.match_id).limit(MOST_MATCHES)
    matches = matches_of(connection, query)
    outcomes = _outcomes(connection, matches)
    return [MatchStory(one, outcomes.get(one.match_id, [])) for one in matches]


def _before_introduction(connection: Connection, ids: Iterable[str]) -> dict[str, list[Match]]:
    query = select(t.matches).where(
        t.matches.c.need_id.in_(list(ids)), _state_in(BEFORE_INTRODUCTION)
    )
    found: dict[str, list[Match]] = {}
    for match in sorted(matches_of(connection, query), key=_nearest_first):
        found.setdefault(match.need_id, []).append(match)
    return found


def _nearest_first(match: Match) -> tuple[bool, float, str]:
    return match.state is State.PROPOSED, -match.score, match.match_id


def _served(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Needs that members work on together, or did."""
    query = select(t.matches.c.need_id).where(
        t.matches.c.need_id.in_(list(ids)), _state_in(RUNNING | {State.COMPLETED})
    )
    return frozenset(connection.scalars(query))


def _state_in(states: Iterable[State]) -> ColumnElement[bool]:
    return t.matches.c.state.in_(sorted(one.value for one in states))


def _outcomes(connection: Connection, matches: Sequence[Match]) -> dict[str, list[Outcome]]:
    """By match, what members reported, the latest first."""
    by_id = {one.match_id: one for one in matches}
    table = t.match_history
    query = select(table.c.match_id, table.c.code, table.c.details).where(
        table.c.match_id.in_(list(by_id)), table.c.move == "outcome"
    )
    found: dict[str, list[Outcome]] = {}
    for row in connection.execute(query.order_by(table.c.at.desc(), table.c.match_id)):
        said = row.details
        amount = "" if said.get("amount") is None else words.amount(said["amount"])
        one = Outcome(by_id[row.match_id], row.code or "", amount, str(said.get("unit") or ""))
        found.setdefault(row.match_id, []).append(one)
    return found


def _by_goal(matches: Iterable[MatchStory], needs: Iterable[NeedStory]) -> list[GoalStory]:
    told: dict[int | None, tuple[list[MatchStory], list[NeedStory]]] = {}
    for story in matches:
        told.setdefault(_first(story.match.need.get("goals")), ([], []))[0].append(story)
    for need in needs:
        if not need.runs:
            told.setdefault(_first(need.need.get("goals")), ([], []))[1].append(need)
    order = sorted(told, key=lambda number: (number is None, number or 0))
    return [GoalStory(number, *told[number]) for number in order]


def _first(goals: Sequence[int] | None) -> int | None:
    return goals[0] if goals else None
