"""Vectors of texts by their hash: a sentence is embedded once, whoever asks."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from services.matcher.store import tables as t
from shared.observability.logging import get_logger
from shared.storage import Busy, Database, upsert

_AT_ONCE = 400
_log = get_logger()


class StoredVectors:
    """The scoring's `VectorCache` in the matcher's database. Must not be called inside a write
    transaction of the same thread: it opens its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        table = t.vectors
        with self._database.read() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                part = list(keys[start : start + _AT_ONCE])
                rows = connection.execute(select(table).where(table.c.key.in_(part)))
                found.update({row.key: bytes(row.vector) for row in rows})
        return found

    def put_many(self, vectors: Mapping[str, bytes]) -> None:
        """A database that another process is writing to keeps nothing: whoever looks at a page
        has the vectors already, and the next who asks may keep them.
        """
        rows = [{"key": key, "vector": value} for key, value in sorted(vectors.items())]
        try:
            for start in range(0, len(rows), _AT_ONCE):
                with self._database.write() as connection:
                    upsert(connection, t.vectors, rows[start : start + _AT_ONCE], ["key"])
        except Busy as busy:
            _log.warning("vectors_not_kept", vectors=len(rows), detail=str(busy))
