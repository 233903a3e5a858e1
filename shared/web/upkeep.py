"""What a service's daily task forgets for the HTTP edge: old answers, and buckets nobody uses."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from shared.storage.database import Database
from shared.web.idempotency import forget_old_keys
from shared.web.limits import forget_idle_buckets

EVERY_DAY_SECONDS = 86_400.0


def forget_old_rows(connection: Connection, now: datetime) -> int:
    """How many rows went."""
    return forget_old_keys(connection, now) + forget_idle_buckets(connection, now)


def forgetting_old_rows(database: Database) -> Callable[[datetime], bool]:
    """`forget_old_rows` as a `Periodic` calls it; it never has more to do at once."""

    def forget(now: datetime) -> bool:
        with database.write() as connection:
            forget_old_rows(connection, now)
        return False

    return forget
