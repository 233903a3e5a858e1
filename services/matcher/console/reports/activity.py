"""What happened: steps by month, what members answered, and for whom."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, func, select

from services.matcher.console import words
from services.matcher.console.reports import counted
from services.matcher.console.reports.period import Period
from services.matcher.console.reports.tables import MOST_ROWS, Build, Cell, Scope, Table
from services.matcher.proposing.tags import FIRST_GOAL, PLACE, SECTOR, WITHIN
from services.matcher.rounds.places_of_needs import regions
from services.matcher.store import tables as t

_STEPS = ("proposed", "approved", "asked", "agreed", "introduced")
_STEP_WORDS = ("Proposed", "Approved", "Asked", "Agreed", "Introduced")


def months(connection: Connection, scope: Scope) -> Table:
    found = counted.by_month(connection, scope)
    return Table(
        name="months",
        title="Month by month",
        about="How many matches took each step in each month.",
        header=("Month", *_STEP_WORDS),
        rows=[
            (month_words(month), *(found.get(step, Counter())[month] for step in _STEPS))
            for month in scope.period.months
        ],
        drawn=(1, 3, 5),
        shape="bars",
        sums_up=True,
    )


def answers(connection: Connection, scope: Scope) -> Table:
    """Answers that stand, by the side that gave them."""
    given = t.parties.alias()  # the parties by which a report is narrowed are others
    party = given.c
    query = (
        select(party.answer, party.role, func.count())
        .join_from(given, t.matches, t.matches.c.match_id == party.match_id)
        .where(*counted.own(scope), counted.within(party.answered_at, scope.period))
        .where(party.answer.is_not(None))
        .group_by(party.answer, party.role)
    )
    found = {(answer, role): number for answer, role, number in connection.execute(query)}
    rows: list[Sequence[Cell]] = []
    for answer, said in words.ANSWERS.items():
        needing, bringing = (found.get((answer, role), 0) for role in ("needs", "brings"))
        rows.append((said, needing, bringing, needing + bringing))
    return Table(
        name="answers",
        title="What members answered",
        about="Answers given in the period that still stand, by the side that gave them.",
        header=("Answer", "Side with the need", "Side that can bring it", "Together"),
        rows=rows,
        drawn=(1, 2),
        shape="across",
        sums_up=True,
    )


def by_goal(connection: Connection, scope: Scope) -> Table:
    found = counted.tagged(connection, scope, (FIRST_GOAL,))
    return _by("goals", "By goal", "A match counts once, under its first goal.", found, _goal_words)


def by_region(connection: Connection, scope: Scope) -> Table:
    found = counted.tagged(connection, scope, (PLACE, WITHIN), sorted(regions()))
    about = "Regions of England and the other nations. A match counts in every one it is for."
    return _by("regions", "By region", about, found, words.place)


def by_place(connection: Connection, scope: Scope) -> Table:
    found = counted.tagged(connection, scope, (PLACE,))
    about = "Places as the needs name them. A match counts in every place it is for."
    return _by("places", "By place", about, found, words.place)


def by_sector(connection: Connection, scope: Scope) -> Table:
    found = counted.tagged(connection, scope, (SECTOR,))
    about = "A match counts under the sector of each of its members."
    return _by("sectors", "By sector", about, found, lambda code: words.term("sector", code))


def by_member(connection: Connection, scope: Scope) -> Table:
    found = counted.by_member(connection, scope)
    names = names_of_members(connection, _most(found))
    about = "A match counts for each of its members."
    return _by("members", "By member", about, found, lambda one: names.get(one, one))


ACTIVITY: Mapping[str, Build] = {"months": months, "answers": answers}
BY: Mapping[str, Build] = {
    "goals": by_goal,
    "regions": by_region,
    "places": by_place,
    "sectors": by_sector,
    "members": by_member,
}
"""For whom; one of them at a time on the page."""


def month_words(month: str) -> str:
    """`November 2026` of `2026-11`."""
    return f"{Period.first_of(month):%B %Y}"


def names_of_members(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    column = t.members.c
    query = select(column.member_id, column.name).where(column.member_id.in_(ids))
    return {member_id: name for member_id, name in connection.execute(query) if name}


def _by(
    name: str, title: str, about: str, found: counted.Steps, said: Callable[[str], str]
) -> Table:
    shown = _most(found)
    if len(found) > len(shown):
        about += f" The {len(shown)} with most introductions of {len(found)} are shown."
    return Table(
        name=name,
        title=title,
        about=about,
        header=(title.removeprefix("By ").capitalize(), "Asked", "Agreed", "Introduced"),
        rows=[(said(value), *(found[value][step] for step in counted.LATER)) for value in shown],
        drawn=(1, 2, 3),
        shape="across",
    )


def _most(found: counted.Steps) -> list[str]:
    def most_first(one: str) -> tuple[int, int, str]:
        return -found[one]["introduced"], -found[one]["asked"], one

    return sorted(found, key=most_first)[:MOST_ROWS]


def _goal_words(number: str) -> str:
    return words.goal(int(number)) if number.isdecimal() else number
