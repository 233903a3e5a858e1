"""From the cells of a sheet to the object a line would be: one column a field, `;` between values.

Headings may be written as people write them ("Delivers in"); fields of an object inside are
named with a point or a space ("capacity.amount", "Capacity amount").
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, fields

from shared.contracts.coalition.schemas import SCHEMAS
from shared.contracts.coalition.values import DayValue

SHEETS: Mapping[str, str] = {
    "members": "member",
    "contacts": "contact",
    "capabilities": "capability",
    "needs": "need",
    "partnerships": "partnership",
}
TO_CORRECT = "What to correct"
"""Heading of the column that says what is wrong with each row; it is never read."""
LEFT_OUT = ("",)
_GAPS = re.compile(r"[\s_.\-]+")
_UK_DAY = re.compile(r"([0-3]?[0-9])[/.]([01]?[0-9])[/.]((?:19|20)[0-9]{2})")
_AMOUNT = re.compile(
    r"([0-9][0-9,]*)(?:\s+(?!(?:per|a|an|at)\s)(.*?))?(?:\s+(?:(?:per|a|an)\s+(.+)|(at a time)))?"
)
_YES = frozenset({"yes", "true", "y", "x", "1"})
_NO = frozenset({"no", "false", "n", "0"})


def kind_of_sheet(name: str) -> str | None:
    """Member of `Members`, `members.csv` or `Member`; None for a sheet that is none of ours."""
    plain = name.strip().casefold()
    plain = plain.removesuffix(".csv")
    return SHEETS.get(plain) or (plain if plain in SHEETS.values() else None)


class Columns:
    """What each column of a sheet means: as `told` by heading, else from the heading itself."""

    def __init__(
        self, kind: str, headings: Sequence[Any], told: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.schema = SCHEMAS[kind]
        known = known_columns(self.schema)
        self.paths = [
            _told_path(heading, told or {}) or _path_of(heading, known, self.schema)
            for heading in headings
        ]

    @property
    def known(self) -> int:
        """How many headings are fields of the kind."""
        return sum(_field_at(self.schema, path) is not None for path in self.paths if path)

    @property
    def fields(self) -> list[str]:
        """The field of each column, with points between its parts; empty for what is none."""
        return [
            ".".join(path) if path and _field_at(self.schema, path) is not None else ""
            for path in self.paths
        ]

    def object_of(self, cells: Sequence[Any]) -> dict[str, Any]:
        """The object of a row with `kind`; empty cells are absent, all empty gives only that."""
        found: dict[str, Any] = {"kind": self.kind}
        for i, cell in enumerate(cells):
            value = _plain(cell)
            if value == "" or value is None:
                continue
            path = self.paths[i] if i < len(self.paths) else None
            if path == LEFT_OUT:
                continue
            path = path or (f"column {i + 1} without a heading",)
            _put(found, path, _typed(_field_at(self.schema, path), value))
        return found


def known_columns(schema: Schema) -> dict[str, tuple[str, ...]]:
    """Path of each field by its heading, written without gaps."""
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in schema.fields.items():
        found[key_of(name)] = (name,)
        if isinstance(entry, fields.Nested):
            for inner, path in known_columns(entry.schema).items():
                found[key_of(name) + inner] = (name, *path)
    return found


def key_of(heading: str) -> str:
    return _GAPS.sub("", heading.casefold())


def _told_path(heading: Any, told: Mapping[str, str]) -> tuple[str, ...] | None:
    text = str(heading).strip() if heading is not None else ""
    if text == TO_CORRECT:
        return LEFT_OUT
    field = told.get(text)
    return None if field is None else tuple(field.split("."))


def _path_of(
    heading: Any, known: Mapping[str, tuple[str, ...]], schema: Schema
) -> tuple[str, ...] | None:
    text = str(heading).strip() if heading is not None else ""
    if not text:
        return None
    if path := known.get(key_of(text)):
        return path
    first, *rest = re.split(r"[.\s]", text, maxsplit=1)
    if rest and isinstance(schema.fields.get(first.casefold()), fields.Dict):
        return (first.casefold(), rest[0].strip().casefold())
    return (text,)


def _field_at(schema: Schema, path: tuple[str, ...]) -> fields.Field[Any] | None:
    entry = schema.fields.get(path[0])
    if len(path) > 1 and isinstance(entry, fields.Nested):
        return _field_at(entry.schema, path[1:])
    return entry


def _put(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *outer, last = path
    for name in outer:
        inner = found.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        found = inner
    found[last] = value


def _plain(cell: Any) -> Any:
    """A cell as JSON would have it: 5.0 is 5, a date its text."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, bool | int | float) or cell is None:
        return cell
    return str(cell).strip()


def _typed(entry: fields.Field[Any] | None, value: Any) -> Any:
    """As the field wants it; what cannot be brought there stays, for the field to refuse."""
    if isinstance(entry, fields.List):
        return _listed(entry, value)
    if isinstance(entry, fields.Nested):
        return _taken_apart(entry.schema, value)
    if isinstance(entry, fields.Boolean):
        text = str(value).casefold()
        return True if text in _YES else False if text in _NO else value
    if isinstance(entry, fields.Integer):
        return _whole(value)
    if isinstance(entry, fields.String) and not isinstance(value, str):
        return str(value)
    if isinstance(entry, fields.String) and (day := _UK_DAY.fullmatch(value)):
        return (
            f"{day[3]}-{int(day[2]):02d}-{int(day[1]):02d}"
            if isinstance(entry, DayValue)
            else value
        )
    return value


def _taken_apart(schema: Schema, value: Any) -> Any:
    """`5 partnerships per year`, or words alone for an object that begins with words."""
    first = next(iter(schema.fields))
    if first in ("text", "figure"):
        return {first: str(value)}
    amount = _AMOUNT.fullmatch(str(value))
    if amount is None or first != "amount":
        return value
    words = {"amount": _whole(amount[1]), "unit": amount[2], "per": amount[3] or amount[4]}
    return {name: word for name, word in words.items() if word and name in schema.fields}


def _whole(value: Any) -> Any:
    text = str(value).replace(",", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else value


def _listed(entry: fields.List[Any], value: Any) -> list[Any]:
    parts = [part.strip() for part in re.split(r"[;\n]", str(value)) if part.strip()]
    if isinstance(entry.inner, fields.Nested):
        return [_conflict(part) for part in parts]
    return parts


def _conflict(text: str) -> dict[str, Any]:
    """`bbc code=live_tender until=2027-03-31`, or `sector=business …`."""
    found: dict[str, Any] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        found[name if sign else "member"] = value if sign else word
    return found
