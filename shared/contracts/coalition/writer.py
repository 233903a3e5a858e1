"""The coalition file out: sorted, each value where it always stands, defaults left out.

What is written, read and written again is the same to the byte, so two exports can be compared
with `diff` and kept under version control.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, missing

from shared.contracts.coalition.line import KINDS
from shared.contracts.coalition.schemas import SCHEMAS


def write_lines(objects: Iterable[Mapping[str, Any]], *, contacts: bool = False) -> Iterator[str]:
    """One line of text, ended, for each object with its `kind`.

    `contacts` is to be asked for: contact lines are personal data, and without it they are left
    out together with every listing's `contact`. Raises ValueError for an unknown kind or field.
    """
    wanted = [each for each in objects if contacts or each["kind"] != "contact"]
    for each in sorted(wanted, key=_order):
        yield json.dumps(_ordered(each, contacts), ensure_ascii=False, separators=(",", ":")) + "\n"


def _order(found: Mapping[str, Any]) -> tuple[int, str, str]:
    kind = found["kind"]
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; use one of {', '.join(KINDS)}")
    key = found.get("id") or found.get("since") or ""
    return KINDS.index(kind), str(key), json.dumps(found, sort_keys=True, default=str)


def _ordered(found: Mapping[str, Any], contacts: bool) -> dict[str, Any]:
    given = {name: value for name, value in found.items() if name != "kind"}
    if not contacts:
        given.pop("contact", None)
    return {"kind": found["kind"], **_shortened(SCHEMAS[found["kind"]], given)}


def _shortened(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """In the order of the schema, without what reading fills in anyway."""
    if unknown := sorted(set(given) - set(schema.fields)):
        raise ValueError(f"{type(schema).__name__} has no field {', '.join(unknown)}")
    kept: dict[str, Any] = {}
    for name, entry in schema.fields.items():
        value = given.get(name)
        if value is None or value == _default(entry):
            continue
        kept[name] = _value(entry, value)
    return kept


def _value(entry: fields.Field[Any], value: Any) -> Any:
    if isinstance(entry, fields.Nested):
        return _shortened(entry.schema, value)
    if isinstance(entry, fields.List):
        return [_value(entry.inner, each) for each in value]
    if isinstance(entry, fields.Dict):
        return dict(sorted(value.items()))
    return value.isoformat() if hasattr(value, "isoformat") else value


def _default(entry: fields.Field[Any]) -> Any:
    default = entry.load_default
    if default is missing:
        return missing
    return default() if callable(default) else default
