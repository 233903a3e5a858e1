"""The lists of the directory as files for a spreadsheet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, select

from services.matcher.console import times, words
from services.matcher.console.directory.paged import Chosen
from services.matcher.console.directory.read_capabilities import (
    capability_filter,
    capability_rows,
)
from services.matcher.console.directory.read_members import member_filter, member_rows
from services.matcher.console.directory.read_needs import names_of_members, need_filter
from services.matcher.store import tables as t

State = Mapping[str, Any]
_AT_ONCE = 500
_LISTING = ("Id", "Title", "Member", "Goals", "Places", "For", "State", "Last confirmed")


class Sheet(NamedTuple):
    """One list: its table, what chooses its rows, its header, and what makes rows of states."""

    table: Table
    conditions: Callable[[Connection, Chosen, datetime], list[ColumnElement[bool]]]
    header: Sequence[str]
    rows: Callable[[Connection, Sequence[State], datetime], Iterator[Sequence[object]]]


def sheet_rows(
    connection: Connection, sheet: Sheet, chosen: Chosen, now: datetime
) -> Iterator[Sequence[object]]:
    """Ordered by id, a few hundred at a time."""
    key = next(iter(sheet.table.primary_key))
    conditions = sheet.conditions(connection, chosen, now)
    last = ""
    while True:
        query = select(key, sheet.table.c.state).where(*conditions, key > last)
        found = connection.execute(query.order_by(key).limit(_AT_ONCE)).all()
        if not found:
            return
        last = found[-1][0]
        yield from sheet.rows(connection, [row[1] for row in found], now)


def _needs(
    connection: Connection, states: Sequence[State], _now: datetime
) -> Iterator[Sequence[object]]:
    names = names_of_members(connection, {one["member_id"] for one in states})
    for one in states:
        told = _listing(one, "need_id", "places", names)
        yield (*told, _terms("gives", one["wants"]), one["partners"], words.term("urgency", one["urgency"]),
               times.day(one["by"]) if one["by"] else "")  # fmt: skip


def _capabilities(
    connection: Connection, states: Sequence[State], now: datetime
) -> Iterator[Sequence[object]]:
    rows = capability_rows(connection, states, now)
    names = {row.capability["member_id"]: row.member_name for row in rows}
    for row in rows:
        one = row.capability
        told = _listing(one, "capability_id", "delivers_in", names)
        size = one["capacity"]
        yield (*told, _terms("gives", one["gives"]), size["amount"], size["unit"], size["per"],
               row.left)  # fmt: skip


def _members(
    connection: Connection, states: Sequence[State], _now: datetime
) -> Iterator[Sequence[object]]:
    for row in member_rows(connection, states):
        one = row.member
        yield (one["member_id"], one["name"], words.term("sector", one["sector"]),
               "; ".join(words.place(code) for code in one["places"]), words.said({}, one["status"]),
               "yes" if one["can_be_asked"] else "no", row.offers, row.needs,
               row.open_matches)  # fmt: skip


def _listing(one: State, key: str, places: str, names: Mapping[str, str]) -> tuple[object, ...]:
    return (
        one[key],
        one["title"],
        names.get(one["member_id"], one["member_id"]),
        "; ".join(words.goal(number) for number in one["goals"]),
        "; ".join(words.place(code) for code in one[places]),
        _terms("beneficiary", one["beneficiaries"]),
        words.said({}, one["status"]),
        times.day(one["confirmed_at"] or one["published_at"]),
    )


def _terms(vocabulary: str, codes: Sequence[str]) -> str:
    return "; ".join(words.term(vocabulary, code) for code in codes)


SHEETS: Mapping[str, Sheet] = {
    "needs": Sheet(
        t.needs, need_filter, (*_LISTING, "Wants", "Partners wanted", "Urgency", "By"), _needs
    ),
    "capabilities": Sheet(
        t.capabilities,
        capability_filter,
        (*_LISTING, "Gives", "Amount", "Unit", "Per", "Left"),
        _capabilities,
    ),
    "members": Sheet(
        t.members,
        lambda connection, chosen, _now: member_filter(connection, chosen),
        ("Id", "Name", "Sector", "Places", "State", "Can be asked", "Offers", "Needs",
         "Open matches"),
        _members,
    ),
}  # fmt: skip
