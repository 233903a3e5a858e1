"""The feed: every match event in commit order, for consumers without Kafka (GET /v1/events)."""

from typing import Any

from sqlalchemy import Connection, func, insert, select

from services.matcher.store import tables as t
from services.matcher.store.counters import FEED, next_number
from shared.contracts.envelope import Event, structured

_INTO_FEED = insert(t.feed)


def append_to_feed(connection: Connection, event: Event) -> None:
    values = {
        "position": next_number(connection, FEED),
        "event_id": event.id,
        "match_id": event.subject,
        "type": event.type,
        "event": structured(event),
    }
    connection.execute(_INTO_FEED, values)


def feed_after(connection: Connection, position: int, limit: int) -> list[tuple[int, Any]]:
    table = t.feed
    query = select(table.c.position, table.c.event).where(table.c.position > position)
    rows = connection.execute(query.order_by(table.c.position).limit(limit))
    return [(row[0], row[1]) for row in rows]


def last_position(connection: Connection) -> int:
    return int(connection.scalar(select(func.max(t.feed.c.position))) or 0)
