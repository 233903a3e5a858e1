"""Matches as rows of a table: one row per match and goal, with its places, locality and state."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.console import times, words
from services.matcher.console.review.filters import Filters, match_conditions
from services.matcher.console.review.listed import LISTS, in_list
from services.matcher.domain.matches import Match
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of

HEADER = (
    "Match",
    "Goal number",
    "Goal",
    "First goal of the match",
    "Places",
    "Place codes",
    "Locality",
    "Locality postcode",
    "State",
    "On hold",
    "Ended because",
    "Need",
    "Member with the need",
    "Capability",
    "Member that can bring it",
    "Strength",
    "Made",
    "Proposed",
    "Asked",
    "Agreed",
    "Introduced",
    "Closed",
)
_AT_ONCE = 500


def export_rows(
    connection: Connection, filters: Filters, list_name: str
) -> Iterator[Sequence[object]]:
    """A match counts once, under its first goal: filter on that column before adding up."""
    conditions = match_conditions(filters)
    if list_name in LISTS:
        conditions.append(in_list(list_name))
    last = ""
    while True:
        query = (
            select(t.matches)
            .where(*conditions, t.matches.c.match_id > last)
            .order_by(t.matches.c.match_id)
            .limit(_AT_ONCE)
        )
        found = matches_of(connection, query)
        if not found:
            return
        last = found[-1].match_id
        localities = _localities(connection, {one.need_id for one in found})
        for match in found:
            yield from _rows_of(match, localities.get(match.need_id) or {})


def _rows_of(match: Match, locality: dict[str, Any]) -> Iterator[Sequence[object]]:
    goals = list(match.need.get("goals") or [None])
    for number in goals:
        yield (
            match.match_id,
            number,
            words.goal(number, match.framework).partition(" ")[2] if number else "",
            "yes" if number == goals[0] else "no",
            "; ".join(match.need.get("place_names") or ()),
            "; ".join(match.need.get("places") or ()),
            locality.get("text") or "",
            locality.get("postcode") or "",
            words.said(words.STATES, match.state.value),
            words.said({}, match.hold.code) if match.hold else "",
            words.said({}, match.ending.code) if match.ending else "",
            match.need.get("title") or "",
            _members(match, "needs"),
            "; ".join(str(one.get("title") or "") for one in match.capabilities),
            _members(match, "brings"),
            words.said(words.STRENGTHS, match.strength) if match.origin == "convene" else "",
            "by Convene" if match.origin == "convene" else "elsewhere",
            *(
                times.moment(at)
                for at in (
                    match.proposed_at,
                    match.asked_at,
                    match.agreed_at,
                    match.introduced_at,
                    match.closed_at,
                )
            ),
        )


def _members(match: Match, role: str) -> str:
    return "; ".join(party.name for party in match.parties if party.role == role)


def _localities(connection: Connection, need_ids: set[str]) -> dict[str, dict[str, Any]]:
    query = select(t.needs.c.need_id, t.needs.c.state).where(t.needs.c.need_id.in_(need_ids))
    return {
        row.need_id: dict(row.state.get("locality") or {})
        for row in connection.execute(query)
        if row.state
    }
