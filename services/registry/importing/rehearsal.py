"""Where a dry run happens: on a copy of the database, so that nobody waits for it.

On SQLite a transaction that is taken back at its end would keep every other writer out until then.
The copy holds what the original holds (contacts sealed), and is deleted when the dry run ends.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from shared.storage import Database


@contextmanager
def copied(database: Database) -> Iterator[Database]:
    """A copy of a SQLite database as it is now."""
    if database.path is None:
        raise ValueError("only a SQLite database is copied; use a transaction on the others")
    with TemporaryDirectory(prefix="rehearsal-", dir=database.path.parent) as folder:
        copy = Database(f"sqlite:///{folder}/copy.db", service=database.service)
        try:
            _copy(database, copy)
            yield copy
        finally:
            copy.close()


def _copy(database: Database, copy: Database) -> None:
    source: Any = database.engine.raw_connection()
    target: Any = copy.engine.raw_connection()
    with closing(source), closing(target):
        source.driver_connection.backup(target.driver_connection)
