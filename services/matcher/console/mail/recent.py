"""A few matches to show an email with."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from services.matcher.domain.states import State
from services.matcher.store.tables import matches

MOST_OF_A_STATE = 8


@dataclass(frozen=True, slots=True)
class Recent:
    match_id: str
    title: str


def recent_matches(connection: Connection) -> list[Recent]:
    """The latest that were asked about and the latest proposals; one look per state."""
    found = []
    for state in (State.ASKED, State.PROPOSED):
        query = (
            select(matches.c.match_id, matches.c.need)
            .where(matches.c.state == state.value)
            .order_by(matches.c.last_at.desc(), matches.c.match_id)
            .limit(MOST_OF_A_STATE)
        )
        for row in connection.execute(query):
            title = str((row.need or {}).get("title") or "A match without a title")
            found.append(Recent(row.match_id, title[:80]))
    return found
