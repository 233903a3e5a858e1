"""Rows in one form that SQLite and PostgreSQL both give and take.

A row is a list of what JSON knows: bytes in base64, moments and JSON columns as text. The digest of
a table is the same for the same rows in any order and in either store, so a copy can be proved.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    types,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.storage.errors import StorageError

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1_000
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"

Row = list[Any]

#: First match counts: SQLAlchemy's booleans are no integers, its JSON no text.
_KINDS: Sequence[tuple[type[types.TypeEngine[Any]], str]] = (
    (types.Boolean, "boolean"),
    (types.Integer, "integer"),
    (types.Float, "float"),
    (types.DateTime, "moment"),
    (types.Date, "date"),
    (types.JSON, "json"),
    (types.LargeBinary, "bytes"),
    (types.String, "text"),
)


class NotPortable(StorageError):
    """A value or a column that the other store could not take as it is."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a database has it; `kinds` by column, in the order of the columns."""

    name: str
    kinds: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        return list(self.kinds)


def shapes_of(connection: Connection) -> list[Shape]:
    """Every table of the service, those that others refer to first."""
    inspector = inspect(connection)
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name]
    shapes = []
    for name in ordered:
        if name != VERSION_TABLE:
            columns = inspector.get_columns(name)
            kinds = {str(one["name"]): _kind(name, one["name"], one["type"]) for one in columns}
            shapes.append(Shape(name, kinds))
    return shapes


def _kind(table_name: str, column_name: str, type_: types.TypeEngine[Any]) -> str:
    for known, kind in _KINDS:
        if isinstance(type_, known):
            return kind
    raise NotPortable(f"{table_name}.{column_name} is a {type_}, which no copy is known for")


def read_rows(connection: Connection, shape: Shape) -> Iterator[list[Row]]:
    """The table in portable rows, some at a time."""
    give = [_giver(kind) for kind in shape.kinds.values()]
    as_text = connection.dialect.name == "postgresql"
    wanted = [
        cast(column(name), Text) if kind == "json" and as_text else column(name)
        for name, kind in shape.kinds.items()
    ]
    query = select(*wanted).select_from(table(shape.name)).execution_options(stream_results=True)
    with connection.execute(query) as found:
        for rows in found.partitions(ROWS_AT_ONCE):
            yield [[one(value) for one, value in zip(give, row, strict=True)] for row in rows]


def write_rows(connection: Connection, shape: Shape, batches: Iterable[Sequence[Row]]) -> None:
    """Insert portable rows; raises NotPortable for a value that its column cannot hold."""
    names = shape.columns
    take = [_taker(kind, connection.dialect.name) for kind in shape.kinds.values()]
    target = table(shape.name, *(column(name, _bound(kind)) for name, kind in shape.kinds.items()))
    statement = insert(target).values(
        {name: _parameter(name, kind, connection) for name, kind in shape.kinds.items()}
    )
    for rows in batches:
        given = []
        for row in rows:
            try:
                values = [one(value) for one, value in zip(take, row, strict=True)]
            except (TypeError, ValueError) as error:
                raise NotPortable(f"a row of {shape.name} does not fit: {error}") from error
            given.append({f"p_{name}": value for name, value in zip(names, values, strict=True)})
        if given:
            connection.execute(statement, given)


def empty_tables(connection: Connection, shapes: Sequence[Shape]) -> None:
    for shape in reversed(shapes):
        connection.execute(table(shape.name).delete())


def drop_tables(connection: Connection) -> None:
    """Every table, the migrations' own as well: the database is as if it were new."""
    names = [shape.name for shape in reversed(shapes_of(connection))]
    for name in (*names, VERSION_TABLE):
        quoted = connection.dialect.identifier_preparer.quote(name)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted}")


def raise_serials(connection: Connection) -> None:
    """On PostgreSQL numbers that a table gives out go on above those that were copied into it."""
    if connection.dialect.name != "postgresql":
        return
    for shape in shapes_of(connection):
        for name, kind in shape.kinds.items():
            if kind == "integer":
                _raise_serial(connection, shape.name, name)


def _raise_serial(connection: Connection, table_name: str, name: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    found = text("SELECT pg_get_serial_sequence(:table, :column)")
    serial = connection.execute(found, {"table": quote(table_name), "column": name}).scalar()
    if serial is None:
        return
    highest = func.max(column(name, types.BigInteger()))
    last = connection.execute(select(highest).select_from(table(table_name))).scalar()
    if last is not None:
        connection.execute(
            text("SELECT setval(CAST(:serial AS regclass), :last)"),
            {"serial": serial, "last": int(last)},
        )


class Digest:
    """Of a set of rows, whatever their order; equal in both stores when the rows are."""

    def __init__(self, shape: Shape) -> None:
        self._json = [place for place, kind in enumerate(shape.kinds.values()) if kind == "json"]
        self._sum = 0
        self.rows = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            same = list(row)
            for place in self._json:
                same[place] = _same_json(row[place])
            line = json.dumps(same, ensure_ascii=False, separators=(",", ":")).encode()
            self._sum += int.from_bytes(hashlib.sha256(line).digest())
            self.rows += 1

    def value(self) -> str:
        return f"{self._sum % (1 << 256):064x}"


def digest_of(connection: Connection, shape: Shape) -> Digest:
    digest = Digest(shape)
    for rows in read_rows(connection, shape):
        digest.add(rows)
    return digest


def _same_json(written: str | None) -> str | None:
    """PostgreSQL sorts keys and spells numbers its own way."""
    if written is None:
        return None
    value = json.loads(written, parse_float=_number)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _number(written: str) -> int | float:
    value = float(written)
    return int(value) if value.is_integer() else value


def _giver(kind: str) -> Callable[[Any], Any]:
    match kind:
        case "bytes":
            return lambda value: None if value is None else base64.b64encode(value).decode()
        case "moment":
            return lambda value: value and value.astimezone(UTC).strftime(_MOMENT)
        case "date":
            return lambda value: None if value is None else str(value)
        case "boolean":
            return lambda value: None if value is None else bool(value)
        case _:
            return lambda value: value


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "integer": int,
    "float": (float, int),
    "text": str,
    "json": str,
    "moment": str,
    "date": str,
    "bytes": str,
}


def _taker(kind: str, dialect: str) -> Callable[[Any], Any]:
    expected = _TYPES[kind]

    def take(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, expected) or (kind == "integer" and isinstance(value, bool)):
            raise TypeError(f"a {type(value).__name__} stands where {kind} belongs")
        return _as_stored(str(value), kind, dialect) if expected is str else value

    return take


def _as_stored(written: str, kind: str, dialect: str) -> Any:
    if kind == "bytes":
        return base64.b64decode(written, validate=True)
    if kind == "moment":
        return datetime.fromisoformat(written)
    if dialect != "postgresql":
        return written
    if kind == "date":
        return date.fromisoformat(written)
    if _has_nul(written, kind):
        raise ValueError("PostgreSQL keeps no text with a NUL character")
    return written


def _has_nul(value: str, kind: str) -> bool:
    return "\0" in value or (kind == "json" and "\\u0000" in value)


def _bound(kind: str) -> types.TypeEngine[Any]:
    if kind == "bytes":
        return types.LargeBinary()
    if kind == "moment":
        return types.DateTime(timezone=True)
    return types.NullType()


def _parameter(name: str, kind: str, connection: Connection) -> Any:
    if kind == "json" and connection.dialect.name == "postgresql":
        return cast(bindparam(f"p_{name}", type_=Text()), JSONB)
    return bindparam(f"p_{name}", type_=_bound(kind))
