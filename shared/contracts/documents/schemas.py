"""JSON Schema 2020-12 of shapes, made from the same fields that check the events."""

import inspect
from collections.abc import Callable
from typing import Any

from marshmallow import fields, missing

from shared.contracts.fields import ContractField
from shared.contracts.shapes import Many, Part
from shared.contracts.types import EventType, ShapeClass

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Ref = Callable[[ShapeClass], dict[str, Any]]


def data_schema(kind: EventType) -> dict[str, Any]:
    """The whole schema of one event type's data, for a file of its own."""
    if kind.schema is None:
        raise ValueError(f"{kind.type} is a tombstone and has no data")
    inner = {shape.__name__: shape for shape in shapes_below(kind.schema)}
    schema = {
        "$schema": DIALECT,
        "$id": kind.dataschema,
        **shape_schema(kind.schema, lambda shape: {"$ref": f"#/$defs/{shape.__name__}"}),
    }
    schema["title"] = f"{kind.schema.__name__} of {kind.type}"
    if inner:
        schema["$defs"] = {
            name: shape_schema(shape, lambda part: {"$ref": f"#/$defs/{part.__name__}"})
            for name, shape in sorted(inner.items())
        }
    return schema


def shape_schema(shape: ShapeClass, ref: Ref) -> dict[str, Any]:
    """One object; objects inside it are what `ref` says. Unknown fields are allowed."""
    known = shape().fields
    return {
        "title": shape.__name__,
        "description": _described(shape),
        "type": "object",
        "properties": {name: field_schema(entry, ref) for name, entry in sorted(known.items())},
        "required": sorted(name for name, entry in known.items() if entry.required),
    }


def field_schema(entry: fields.Field[Any], ref: Ref) -> dict[str, Any]:
    """One field with its default; a field that may be null says so."""
    schema = _value_schema(entry, ref)
    if entry.allow_none:
        schema = _or_null(schema)
    default = entry.load_default
    if default is not missing:
        schema = {**schema, "default": default() if callable(default) else default}
    return schema


def shapes_below(shape: ShapeClass) -> list[ShapeClass]:
    """Every shape inside, at any depth, each once."""
    found: dict[ShapeClass, None] = {}
    for entry in shape().fields.values():
        inner = entry.item if isinstance(entry, Many) else entry
        if isinstance(inner, Part):
            found[inner.shape] = None
            found.update(dict.fromkeys(shapes_below(inner.shape)))
    return list(found)


def _value_schema(entry: fields.Field[Any], ref: Ref) -> dict[str, Any]:
    if isinstance(entry, Part):
        return ref(entry.shape)
    if isinstance(entry, Many):
        lowest = {"minItems": entry.at_least} if entry.at_least else {}
        items = _value_schema(entry.item, ref)
        return {"type": "array", "items": items, **lowest, "maxItems": entry.at_most}
    if isinstance(entry, ContractField):
        return entry.json_schema()
    raise TypeError(f"{entry!r} is no field of a contract; use those of shared.contracts.fields")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema:
        return {**schema, "type": ["string", "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _described(shape: ShapeClass) -> str:
    return " ".join((inspect.getdoc(shape) or shape.__name__).split())
