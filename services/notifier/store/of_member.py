"""Reading the ledger by member: what it was written to about, and which emails of a kind it got."""

from sqlalchemy import Connection, select

from services.notifier.domain.matches import Match, match_from
from services.notifier.domain.messages import Kind, Message
from services.notifier.store.ledger import COLUMNS, message_from
from services.notifier.store.tables import matches, messages

_ABOUT = (Kind.APPROACH.value, Kind.INTRODUCTION.value, Kind.FOLLOW_UP.value)


def matches_written_about(connection: Connection, member_id: str) -> list[Match]:
    """Matches about which this member was or is to be written to, by when they were first."""
    about = select(messages.c.match_id).where(
        messages.c.member_id == member_id, messages.c.kind.in_(_ABOUT)
    )
    query = select(matches.c.data).where(matches.c.match_id.in_(about))
    rows = connection.execute(query.order_by(matches.c.match_id))
    return [match_from(row.data) for row in rows]


def written_to_member(connection: Connection, member_id: str, kind: Kind) -> list[Message]:
    """Every message of this kind to this member, in whatever state."""
    query = select(*COLUMNS).where(messages.c.member_id == member_id, messages.c.kind == kind.value)
    return [message_from(row) for row in connection.execute(query)]
