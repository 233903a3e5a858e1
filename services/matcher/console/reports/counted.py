"""Counting in the database, so that a report costs the same however many matches there are.

Only what Convene proposed is counted; partnerships made elsewhere are told of apart.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from services.matcher.console.reports.period import Period
from services.matcher.console.reports.tables import Scope
from services.matcher.console.review.filters import match_conditions
from services.matcher.console.times import LONDON
from services.matcher.store import tables as t

OWN = "convene"
_AT = t.matches.c
STEPS: Mapping[str, ColumnElement[Any]] = {
    "proposed": _AT.proposed_at,
    "approved": _AT.approved_at,
    "asked": _AT.asked_at,
    "agreed": _AT.agreed_at,
    "introduced": _AT.introduced_at,
}
"""What happens to a match, by the column that holds when."""
LATER = ("asked", "agreed", "introduced")
"""Steps that members know of."""
Steps = dict[str, Counter[str]]
"""How many matches took each step, by what they are told apart by."""


def own(scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions on `matches`: made here, and what the report was narrowed to."""
    return [t.matches.c.origin == OWN, *match_conditions(scope.filters)]


def within(column: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    return and_(column >= period.since, column < period.before)


def by_month(connection: Connection, scope: Scope) -> dict[str, Counter[str]]:
    """How many matches took each step in each month of London's calendar."""
    dialect = connection.dialect.name
    each = []
    for name, column in STEPS.items():
        key = _hour_key(dialect, column).label("key")
        query = select(literal(name).label("step"), key, func.count().label("number"))
        each.append(query.where(*own(scope), within(column, scope.period)).group_by(key))
    found: dict[str, Counter[str]] = {}
    for step, key, number in connection.execute(union_all(*each)):
        found.setdefault(step, Counter())[_month(key)] += number
    return found


def _hour_key(dialect: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The day in UTC, and whether it is the last hour of it: in summer that is London's next day.

    Few keys for SQLite to group by, which knows no time zones.
    """
    if dialect == "postgresql":
        return func.to_char(func.timezone("Europe/London", column), "YYYY-MM")
    hour = func.substr(column, 12, 2, type_=String)
    return func.substr(column, 1, 10, type_=String) + case((hour == "23", "T23"), else_="T12")


def _month(key: str) -> str:
    if len(key) == len("2026-11"):
        return key
    return f"{datetime.strptime(key, '%Y-%m-%dT%H').replace(tzinfo=UTC).astimezone(LONDON):%Y-%m}"


def hours_between(
    dialect: str, first: ColumnElement[Any], last: ColumnElement[Any]
) -> ColumnElement[int]:
    """Whole hours from one moment to the other."""
    if dialect == "postgresql":
        seconds = func.extract("epoch", last) - func.extract("epoch", first)
        return cast(func.floor(seconds / 3600 + 1e-6), Integer)
    return cast((func.julianday(last) - func.julianday(first)) * 24 + 1e-6, Integer)


def hours_spent(
    connection: Connection,
    scope: Scope,
    spans: Mapping[str, tuple[ColumnElement[Any], ColumnElement[Any]]],
) -> dict[str, Counter[int]]:
    """How many matches spent how many hours from one moment to the next, for those whose time
    there ended in the period.
    """
    dialect = connection.dialect.name
    each = []
    for name, (first, last) in spans.items():
        hours = hours_between(dialect, first, last).label("hours")
        query = select(literal(name).label("span"), hours, func.count().label("number"))
        conditions = [*own(scope), within(last, scope.period), first.is_not(None)]
        each.append(query.where(*conditions).group_by(hours))
    found: dict[str, Counter[int]] = {name: Counter() for name in spans}
    for name, hours_, number in connection.execute(union_all(*each)):
        found[name][max(0, hours_)] += number
    return found


def at_share(counted: Counter[int], share: float) -> int | None:
    """The value that this share of the counted ones do not exceed; None of none."""
    wanted, seen = share * counted.total(), 0
    for value in sorted(counted):
        seen += counted[value]
        if seen >= wanted:
            return value
    return None


def tagged(
    connection: Connection,
    scope: Scope,
    kind: Sequence[str],
    values: Sequence[str] | None = None,
    steps: Sequence[str] = LATER,
) -> Steps:
    """How many matches took each step in the period, by the tag of this kind."""
    tag = t.match_tags.c
    conditions = [tag.kind.in_(kind), *([] if values is None else [tag.value.in_(values)])]
    return stepped(connection, scope, (t.match_tags, tag.value), conditions, steps)


def by_member(connection: Connection, scope: Scope) -> Steps:
    """The same by the members that are parties."""
    party = t.parties.alias()  # the parties by which a report is narrowed are others
    return stepped(connection, scope, (party, party.c.member_id), [], LATER)


def stepped(
    connection: Connection,
    scope: Scope,
    told_apart: tuple[FromClause, ColumnElement[str]],
    conditions: Sequence[ColumnElement[bool]],
    steps: Sequence[str],
) -> Steps:
    """Each step by itself, so that an index finds what happened in the period; a match counts
    once for each value.
    """
    beside, value = told_apart
    each = []
    for name in steps:
        column = STEPS[name]
        number = func.count(t.matches.c.match_id.distinct())
        query = select(literal(name).label("step"), value.label("value"), number.label("number"))
        query = query.join_from(t.matches, beside, beside.c.match_id == t.matches.c.match_id)
        query = query.where(*own(scope), within(column, scope.period), *conditions)
        each.append(query.group_by(value))
    found: Steps = {}
    for step, one, count in connection.execute(union_all(*each)):
        found.setdefault(one, Counter())[step] += count
    return found
