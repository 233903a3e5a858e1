"""Numbers allotted in commit order: the counter's row stays locked until the commit, which a
database sequence does not promise. Readers that saw number n have seen every number below it.
"""

from sqlalchemy import Connection, bindparam, select

from services.matcher.store.tables import STANDARD
from shared.storage.statements import raise_counter
from shared.storage.watch import notify

CHANGES, FEED = "changes", "feed"


_COUNTERS = STANDARD.counters
_READ = select(_COUNTERS.c.value).where(_COUNTERS.c.name == bindparam("counter"))


def next_number(connection: Connection, name: str) -> int:
    return next_numbers(connection, name, 1)[0]


def next_numbers(connection: Connection, name: str, many: int) -> range:
    """So many at once, for one statement; nobody else's lie between them."""
    last = raise_counter(connection, name, many)
    notify(connection)
    return range(last - many + 1, last + 1)


def lock_number(connection: Connection, name: str) -> None:
    """Make whoever wants the next number wait for this transaction's end."""
    connection.execute(_READ.with_for_update(), {"counter": name})


def current_number(connection: Connection, name: str) -> int:
    return int(connection.scalar(_READ, {"counter": name}) or 0)
