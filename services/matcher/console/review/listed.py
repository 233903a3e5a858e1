"""Matches by where they stand: the queue of proposals and the lists after it, page by page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from services.matcher.console.paging import Paged, Place
from services.matcher.console.review.filters import Filters, match_conditions
from services.matcher.domain.matches import Match
from services.matcher.domain.states import CLOSED, OPEN, State
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of

_HELD = t.matches.c.hold_code.is_not(None)


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its name in addresses, its title, and the sentence under it."""

    name: str
    title: str
    about: str
    empty: str


LISTS: dict[str, Listed] = {
    one.name: one
    for one in (
        Listed(
            "proposals",
            "Proposals to review",
            "What the matcher suggests. Nobody is asked until you approve.",
            "Nothing waits for you. New proposals appear here as members publish needs and offers.",
        ),
        Listed(
            "waiting",
            "Waiting on members",
            "Approved, and the members are being asked.",
            "Nobody is being asked at the moment.",
        ),
        Listed(
            "agreed",
            "Agreed",
            "Everybody said yes; the introduction is on its way.",
            "No match is waiting for its introduction.",
        ),
        Listed(
            "introduced",
            "Introduced",
            "The members are in touch. What came of it is asked for and shown here.",
            "Nobody has been introduced yet.",
        ),
        Listed(
            "attention",
            "Needs attention",
            "Stopped until somebody does something: nobody to ask, or on hold.",
            "Nothing is stuck. Well done.",
        ),
        Listed("ended", "Ended", "Why each one ended is kept.", "Nothing has ended yet."),
    )
}
SORTS: dict[str, str] = {
    "best": "Best first",
    "longest": "Longest waiting first",
    "newest": "Newest first",
    "soonest": "Ending soonest first",
}
_DEFAULT_SORT = {"proposals": "best", "ended": "newest"}


def page_of(connection: Connection, name: str, filters: Filters, number: int) -> Paged[Match]:
    conditions = [in_list(name), *match_conditions(filters)]
    total = connection.scalar(select(func.count()).select_from(t.matches).where(*conditions)) or 0
    place = Place(number, total)
    order = (*_order(sort_of(name, filters)), t.matches.c.match_id)
    # ids alone: rows are long, and most are not on this page
    ids = place.of(select(t.matches.c.match_id).where(*conditions).order_by(*order))
    shown = list(connection.scalars(ids))
    query = select(t.matches).where(t.matches.c.match_id.in_(shown)).order_by(*order)
    return Paged(matches_of(connection, query) if shown else [], place)


def sort_of(name: str, filters: Filters) -> str:
    """The order that was asked for, else the one that the list usually has."""
    return filters.sort if filters.sort in SORTS else _DEFAULT_SORT.get(name, "longest")


def neighbours(connection: Connection, match_id: str) -> tuple[str | None, int]:
    """The best other proposal to look at next, and how many are left to review."""
    others = and_(in_list("proposals"), t.matches.c.match_id != match_id)
    count = connection.scalar(select(func.count()).select_from(t.matches).where(others)) or 0
    query = select(t.matches.c.match_id).where(others)
    following = connection.scalar(query.order_by(*_order("best"), t.matches.c.match_id).limit(1))
    return following, count


def count_lists(connection: Connection) -> dict[str, int]:
    """How many matches each list has, in one pass."""
    held = case((_HELD, 1), else_=0)
    query = select(t.matches.c.state, held, func.count()).group_by(t.matches.c.state, held)
    counts = dict.fromkeys(LISTS, 0)
    for state, is_held, number in connection.execute(query):
        counts[list_of(State(state), held=bool(is_held))] += number
    return counts


def list_of(state: State, *, held: bool) -> str:
    """The list in which a match stands."""
    if state in CLOSED:
        return "ended"
    if held or state is State.UNREACHABLE:
        return "attention"
    return {
        State.PROPOSED: "proposals",
        State.APPROVED: "waiting",
        State.ASKED: "waiting",
        State.AGREED: "agreed",
    }.get(state, "introduced")


def in_list(name: str) -> ColumnElement[bool]:
    """The same as a condition on `matches`."""
    state = t.matches.c.state
    free = t.matches.c.hold_code.is_(None)
    conditions: dict[str, ColumnElement[bool]] = {
        "proposals": and_(state == State.PROPOSED, free),
        "waiting": and_(state.in_([State.APPROVED, State.ASKED]), free),
        "agreed": and_(state == State.AGREED, free),
        "introduced": state.in_([State.INTRODUCED, State.ACTIVE]),
        "attention": or_(state == State.UNREACHABLE, and_(state.in_(sorted(OPEN)), _HELD)),
        "ended": state.in_(sorted(CLOSED)),
    }
    return conditions[name]


def _order(sort: str) -> list[ColumnElement[Any]]:
    table = t.matches
    deadline = func.coalesce(table.c.lapses_at, table.c.expires_at, table.c.hold_until)
    orders: dict[str, list[ColumnElement[Any]]] = {
        "best": [table.c.score.desc()],
        "longest": [table.c.last_at.asc()],
        "newest": [table.c.last_at.desc()],
        "soonest": [deadline.is_(None), deadline.asc()],
    }
    return orders[sort]
