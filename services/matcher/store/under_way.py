"""Matches beyond a proposal, counted: what keeps members, pairs and listings busy."""

from typing import Final

from sqlalchemy import Connection, func, select

from services.matcher.domain.states import OPEN, State
from services.matcher.store import tables as t

_BEYOND_PROPOSED: Final = sorted(state.value for state in OPEN - {State.PROPOSED})
"""By state, which has an index: these are few, and open ones are mostly proposals."""


def load_by_member(connection: Connection) -> dict[str, int]:
    """How many approved or running matches each member is in."""
    query = (
        select(t.parties.c.member_id, func.count(func.distinct(t.parties.c.match_id)))
        .join(t.matches, t.matches.c.match_id == t.parties.c.match_id)
        .where(t.matches.c.state.in_(_BEYOND_PROPOSED))
        .group_by(t.parties.c.member_id)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def pairs_beyond_proposed(connection: Connection) -> list[tuple[str, str]]:
    """Need and capability set of matches that are approved or running."""
    query = select(t.matches.c.need_id, t.matches.c.capability_set).where(
        t.matches.c.state.in_(_BEYOND_PROPOSED)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def partners_elsewhere(connection: Connection) -> list[tuple[str, str]]:
    """Need and member of running partnerships that were made elsewhere."""
    query = (
        select(t.matches.c.need_id, t.parties.c.member_id)
        .join(t.parties, t.matches.c.match_id == t.parties.c.match_id)
        .where(
            t.matches.c.state.in_(_BEYOND_PROPOSED),
            t.matches.c.origin == "elsewhere",
            t.parties.c.role == "brings",
        )
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
