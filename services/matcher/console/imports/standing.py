"""Whether a match stands on what an import brought: then it is not undone."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from services.matcher.domain.states import State
from services.matcher.store import tables as t

_AT_ONCE = 500
NAMED = 3


def standing_on(
    connection: Connection, subjects: Sequence[Mapping[str, str]], since: datetime
) -> list[str]:
    """Names of needs of matches on these members and listings that a coordinator approved, or that
    members asked for, since the import; a mere proposal goes with what it was made from.
    """
    ids = sorted({one["id"] for one in subjects if one["kind"] != "contact"})
    party, match = t.parties.c, t.matches.c
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        chunk = ids[start : start + _AT_ONCE]
        query = (
            select(match.match_id, match.need["title"].as_string())
            .join_from(t.parties, t.matches, match.match_id == party.match_id)
            .where(or_(party.listing_id.in_(chunk), party.member_id.in_(chunk)))
            .where(match.approved_at >= since, match.state != State.PROPOSED.value)
        )
        found |= {match_id: title or "" for match_id, title in connection.execute(query)}
    return sorted(found.values())
