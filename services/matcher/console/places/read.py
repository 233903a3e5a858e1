"""A local project: one place, what it needs, who works on it and what came of it, goal by goal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.console import words
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.review.filters import Filters, need_conditions, places_within
from services.matcher.domain.matches import Match
from services.matcher.domain.states import BEFORE_INTRODUCTION, OPEN, RUNNING, State
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of
from shared.reference.place import Place
from shared.reference.places import Places
from shared.reference.vocabulary import URGENCY

MOST_NEEDS = 60
"""Of one place on one page; a region with more is better looked at district by district."""
_URGENCIES = {one.id: place for place, one in enumerate(URGENCY)}
_WORTH_TELLING = OPEN | {State.COMPLETED, State.ENDED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a member reported: a stage, and one number where it gave one."""

    match: Match
    stage: str
    amount: str
    unit: str


@dataclass(frozen=True, slots=True)
class NeedStory:
    need: Mapping[str, Any]
    member_name: str
    matches: Sequence[Match]
    """Running ones first, then those on their way, then proposals; best first."""

    @property
    def runs(self) -> bool:
        return any(one.state in RUNNING or one.state is State.COMPLETED for one in self.matches)

    @property
    def under_way(self) -> bool:
        return not self.runs and any(one.state in BEFORE_INTRODUCTION for one in self.matches)


@dataclass(frozen=True, slots=True)
class GoalStory:
    """`number` is None for needs without a goal. A need is told under its first goal."""

    number: int | None
    needs: Sequence[NeedStory]
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class PlacePage:
    place: Place
    goals: Sequence[GoalStory]
    partners: Sequence[str]
    """Names of members that serve the place already."""
    left_out: int

    @property
    def needs(self) -> list[NeedStory]:
        return [one for goal in self.goals for one in goal.needs]


def place_page(connection: Connection, code: str) -> PlacePage:
    """Raises `PlaceError` for a code that is not known."""
    place = Places.load().get(code)
    needs = _needs(connection, code)
    shown = dict(list(needs.items())[:MOST_NEEDS])
    matches = _matches(connection, shown)
    names = names_of_members(connection, {one["member_id"] for one in shown.values()})
    stories = [
        NeedStory(state, names.get(state["member_id"], ""), matches.get(need_id, []))
        for need_id, state in shown.items()
    ]
    reported = _outcomes(connection, [one for found in matches.values() for one in found])
    partners = {
        party.name
        for story in stories
        for match in story.matches
        if match.state in RUNNING or match.state is State.COMPLETED
        for party in match.parties
        if party.role == "brings"
    }
    return PlacePage(place, _by_goal(stories, reported), sorted(partners), len(needs) - len(shown))


def _needs(connection: Connection, code: str) -> dict[str, Mapping[str, Any]]:
    """Published needs of the place and of what lies in it, by urgency and title."""
    filters = Filters(within=places_within(code))
    query = select(t.needs.c.need_id, t.needs.c.state).where(
        t.needs.c.status == "published", *need_conditions(filters, connection.dialect.name)
    )
    rows = sorted(connection.execute(query), key=_most_urgent_first)
    return {row.need_id: row.state for row in rows}


def _most_urgent_first(row: Any) -> tuple[int, str, str]:
    return -_URGENCIES.get(row.state.get("urgency"), 0), row.state["title"], row.need_id


def _matches(connection: Connection, need_ids: Iterable[str]) -> dict[str, list[Match]]:
    states = [one.value for one in _WORTH_TELLING]
    table = t.matches.c
    query = select(t.matches).where(table.need_id.in_(list(need_ids)), table.state.in_(states))
    found: dict[str, list[Match]] = {}
    for match in sorted(matches_of(connection, query), key=_order):
        found.setdefault(match.need_id, []).append(match)
    return found


def _order(match: Match) -> tuple[int, float, str]:
    if match.state in RUNNING or match.state is State.COMPLETED:
        rank = 0
    elif match.state in BEFORE_INTRODUCTION:
        rank = 2 if match.state is State.PROPOSED else 1
    else:
        rank = 3
    return rank, -match.score, match.match_id


def _outcomes(connection: Connection, matches: Sequence[Match]) -> dict[str, list[Outcome]]:
    """By need, what members reported, the latest first."""
    by_id = {one.match_id: one for one in matches}
    table = t.match_history
    query = select(table.c.match_id, table.c.code, table.c.details).where(
        table.c.match_id.in_(list(by_id)), table.c.move == "outcome"
    )
    found: dict[str, list[Outcome]] = {}
    for row in connection.execute(query.order_by(table.c.at.desc(), table.c.match_id)):
        match, said = by_id[row.match_id], row.details
        amount = "" if said.get("amount") is None else words.amount(said["amount"])
        one = Outcome(match, row.code or "", amount, str(said.get("unit") or ""))
        found.setdefault(match.need_id, []).append(one)
    return found


def _by_goal(
    stories: Sequence[NeedStory], reported: Mapping[str, list[Outcome]]
) -> list[GoalStory]:
    by_number: dict[int | None, list[NeedStory]] = {}
    for story in stories:
        goals = story.need.get("goals") or [None]
        by_number.setdefault(goals[0], []).append(story)
    order = sorted(by_number, key=lambda number: (number is None, number or 0))
    return [
        GoalStory(
            number,
            by_number[number],
            [one for story in by_number[number] for one in reported.get(story.need["need_id"], ())],
        )
        for number in order
    ]
