"""The mark of a restore that is loaded and not finished: no worker starts on such a database.

It is a row of `counters`, which every schema has, written in the transaction that loads.
"""

from sqlalchemy import Connection, MetaData, delete, inspect, select

from shared import failpoints
from shared.storage.database import Database
from shared.storage.errors import StorageError
from shared.storage.statements import add_to_counter
from shared.storage.tables import standard_tables

_MARK = "restore_unfinished"
_counters = standard_tables(MetaData()).counters


class RestoreUnfinished(StorageError):
    """A restore was not finished."""


def mark_unfinished(connection: Connection) -> None:
    add_to_counter(connection, _MARK, 1)


def mark_finished(database: Database) -> None:
    with database.write() as connection:
        connection.execute(delete(_counters).where(_counters.c.name == _MARK))
        failpoints.reach("restore.finishing")
    failpoints.reach("restore.finished")


def check_finished(database: Database) -> None:
    """Raises RestoreUnfinished where people could be mailed twice, or the erased be back."""
    with database.read() as connection:
        if not inspect(connection).has_table(_counters.name):
            return  # never set up, which others say better
        marked = select(_counters.c.value).where(_counters.c.name == _MARK)
        if connection.execute(marked).first() is not None:
            raise RestoreUnfinished(
                f"the restore of the {database.service} was not finished: run "
                f"`python -m services.{database.service} finish-restore` first"
            )
