"""What came of introductions, goal by goal: planned, reported and vouched are figures apart.

A match counts once, under its first goal: where several members or several reports name a number
in the same unit, the vouched one counts, else the latest.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, String, and_, case, cast, func, select

from services.matcher.console import words
from services.matcher.console.reports import counted
from services.matcher.console.reports.tables import Build, Cell, Scope, Table
from services.matcher.proposing.tags import FIRST_GOAL
from services.matcher.store import tables as t

_STAGES = {"met": 1, "started": 2, "finished": 3, "ended": 4}
_NO_GOAL = "No goal named"
_SAID = t.match_history.c.details
_ABOUT = "Matches introduced in the period; each counts once, under its first goal."


def results(connection: Connection, scope: Scope) -> Table:
    """By goal: how many were introduced, how many of them were reported on, how many vouched."""
    told = _told_of_each_match()
    reported = case((told.c.stage.in_([1, 2, 3]), 1), else_=0)
    vouched = case((and_(told.c.vouched == 1, told.c.stage.in_([1, 2, 3])), 1), else_=0)
    return Table(
        name="results",
        title="Planned, reported and vouched for",
        about=(
            f"{_ABOUT} Planned: the members were introduced. Reported: a member said that "
            "something came of it. Vouched for: somebody vouched for what was said."
        ),
        header=("Goal", "Planned", "Reported", "Vouched for"),
        rows=_by_goal(
            connection, scope, told, [func.count(), func.sum(reported), func.sum(vouched)]
        ),
        drawn=(1, 2, 3),
        shape="across",
        sums_up=True,
    )


def stages(connection: Connection, scope: Scope) -> Table:
    told = _told_of_each_match()
    sums = [func.sum(case((told.c.stage.is_(None), 1), else_=0))]
    sums += [func.sum(case((told.c.stage == rank, 1), else_=0)) for rank in _STAGES.values()]
    return Table(
        name="stages",
        title="How far they got",
        about=f"{_ABOUT} Each stands at the furthest stage that a member reported.",
        header=("Goal", "Nothing said yet", *(words.STAGES[stage] for stage in _STAGES)),
        rows=_by_goal(connection, scope, told, sums),
        sums_up=True,
    )


def amounts(connection: Connection, scope: Scope) -> Table:
    """The numbers that needs and reports give, added up by goal and unit."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for goal, unit, amount in connection.execute(_planned(scope)):
        _add(found, goal, unit, "planned", amount)
    for goal, unit, vouched, amount in connection.execute(_reported(scope)):
        _add(found, goal, unit, "reported", amount)
        if vouched:
            _add(found, goal, unit, "vouched", amount)
    order = sorted(found, key=lambda key: (_goal_order(key[0]), key[1].casefold()))
    return Table(
        name="amounts",
        title="In numbers",
        about=(
            "What the needs ask for, what members reported, and what of that is vouched for, for "
            "matches introduced in the period. Numbers are added up only within one unit."
        ),
        header=("Goal", "Unit", "Planned", "Reported", "Vouched for"),
        rows=[
            (_goal_words(goal), unit, *(found[goal, unit].get(name) for name in _FIGURES))
            for goal, unit in order
        ],
    )


OUTCOMES: Mapping[str, Build] = {"results": results, "stages": stages, "amounts": amounts}
_FIGURES = ("planned", "reported", "vouched")


def _told_of_each_match() -> Any:
    """By match: the furthest stage that was reported, and whether anybody vouched for anything."""
    history = t.match_history.c
    stage = case(_STAGES, value=history.code, else_=0)
    vouched = case((_SAID["vouched"].as_boolean().is_(True), 1), else_=0)
    return (
        select(
            history.match_id,
            func.max(stage).label("stage"),
            func.max(vouched).label("vouched"),
        )
        .where(history.move == "outcome")
        .group_by(history.match_id)
        .subquery()
    )


def _introduced(scope: Scope) -> list[ColumnElement[bool]]:
    return [*counted.own(scope), counted.within(t.matches.c.introduced_at, scope.period)]


def _goal_of_match() -> Any:
    tag = t.match_tags.c
    return select(tag.match_id, tag.value).where(tag.kind == FIRST_GOAL).subquery()


def _by_goal(
    connection: Connection, scope: Scope, told: Any, sums: Sequence[ColumnElement[Any]]
) -> list[Sequence[Cell]]:
    goal, match_id = _goal_of_match(), t.matches.c.match_id
    query = (
        select(goal.c.value, *sums)
        .select_from(t.matches)
        .outerjoin(goal, goal.c.match_id == match_id)
        .outerjoin(told, told.c.match_id == match_id)
        .where(*_introduced(scope))
        .group_by(goal.c.value)
    )
    rows = sorted(connection.execute(query), key=lambda row: _goal_order(row[0]))
    return [(_goal_words(row[0]), *(int(number or 0) for number in row[1:])) for row in rows]


def _planned(scope: Scope) -> Any:
    goal, need = _goal_of_match(), t.needs.c
    unit = need.state[("units", "unit")].as_string()
    amount = cast(need.state[("units", "amount")].as_string(), Float)
    return (
        select(goal.c.value, unit, func.sum(amount))
        .select_from(t.matches)
        .join(t.needs, need.need_id == t.matches.c.need_id)
        .outerjoin(goal, goal.c.match_id == t.matches.c.match_id)
        .where(*_introduced(scope), unit.is_not(None))
        .group_by(goal.c.value, unit)
    )


def _reported(scope: Scope) -> Any:
    """One number for each match and unit: the vouched one, else the latest."""
    history = t.match_history.c
    unit = func.lower(func.trim(func.coalesce(_SAID["unit"].as_string(), "")), type_=String)
    vouched = case((_SAID["vouched"].as_boolean().is_(True), 1), else_=0)
    amount = _SAID["amount"].as_float()
    order = [vouched.desc(), history.at.desc(), history.number.desc()]
    each = (
        select(
            history.match_id,
            unit.label("unit"),
            vouched.label("vouched"),
            amount.label("amount"),
            func.row_number()
            .over(partition_by=[history.match_id, unit], order_by=order)
            .label("nth"),
        )
        .join(t.matches, t.matches.c.match_id == history.match_id)
        .where(history.move == "outcome", amount.is_not(None), *_introduced(scope))
        .subquery()
    )
    goal = _goal_of_match()
    return (
        select(goal.c.value, each.c.unit, each.c.vouched, func.sum(each.c.amount))
        .select_from(each)
        .outerjoin(goal, goal.c.match_id == each.c.match_id)
        .where(each.c.nth == 1)
        .group_by(goal.c.value, each.c.unit, each.c.vouched)
    )


def _add(
    found: dict[tuple[str, str], dict[str, float]],
    goal: str | None,
    unit: str,
    figure: str,
    amount: float,
) -> None:
    key = (goal or "", unit.strip().lower() or "no unit given")
    found[key][figure] = found[key].get(figure, 0.0) + float(amount)


def _goal_order(number: str | None) -> int:
    return int(number) if number and number.isdecimal() else 1_000


def _goal_words(number: str | None) -> str:
    return words.goal(int(number)) if number and number.isdecimal() else _NO_GOAL
