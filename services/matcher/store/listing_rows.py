"""What scoring made of each listing, beside the listing: a cache that can be thrown away.

A row goes with the words it was made of, so nothing of an erased listing is left here.
"""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    select,
)

from services.matcher.store.tables import METADATA
from shared.storage import upsert

Whose = tuple[str, str]
"""`need` or `capability`, and an id."""

listing_rows = Table(
    "listing_rows",
    METADATA,
    Column("kind", String(64), primary_key=True),
    Column("listing_id", String(200), primary_key=True),
    Column("row", LargeBinary, nullable=False),
)
_AT_ONCE = 400


def rows_of(connection: Connection, listings: Iterable[Whose]) -> dict[Whose, bytes]:
    table = listing_rows
    found: dict[Whose, bytes] = {}
    for kind, ids in _parts(listings):
        query = select(table.c.listing_id, table.c.row).where(_named(kind, ids))
        found.update({(kind, row[0]): bytes(row[1]) for row in connection.execute(query).all()})
    return found


def put_rows(connection: Connection, rows: Mapping[Whose, bytes]) -> None:
    told = [{"kind": kind, "listing_id": id_, "row": row}
            for (kind, id_), row in sorted(rows.items())]  # fmt: skip
    for start in range(0, len(told), _AT_ONCE):
        part = told[start : start + _AT_ONCE]
        upsert(connection, listing_rows, part, ["kind", "listing_id"])


def erase_rows(connection: Connection, listings: Iterable[Whose]) -> None:
    for kind, ids in _parts(listings):
        connection.execute(delete(listing_rows).where(_named(kind, ids)))


def _parts(listings: Iterable[Whose]) -> Iterator[tuple[str, list[str]]]:
    """Ids by kind, as many as fit into one statement."""
    by_kind: dict[str, list[str]] = {}
    for kind, id_ in listings:
        by_kind.setdefault(kind, []).append(id_)
    for kind, ids in sorted(by_kind.items()):
        for start in range(0, len(ids), _AT_ONCE):
            yield kind, ids[start : start + _AT_ONCE]


def _named(kind: str, ids: list[str]) -> ColumnElement[bool]:
    return and_(listing_rows.c.kind == kind, listing_rows.c.listing_id.in_(ids))
