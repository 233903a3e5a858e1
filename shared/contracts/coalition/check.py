"""From the object of one line to a `Line`: its schema, its errors in words, its id used once."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from shared.contracts.coalition.line import (
    KINDS,
    WHOLE_LINE,
    Line,
    LineError,
    LineNote,
    refused,
    shown,
)
from shared.contracts.coalition.looked_up import PlacesValue, place_texts, resolved
from shared.contracts.coalition.schemas import NO_OBJECT, SCHEMAS, UNKNOWN
from shared.reference.place import Resolution


class LineCheck:
    """Checks the lines of one file; remembers which ids it has seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def line(self, number: int, found: Any, notes: list[LineNote] | None = None) -> Line:
        """The line of an object with its `kind`."""
        if not isinstance(found, dict):
            message = 'must be one object such as {"kind":"member",…}'
            return refused(number, None, [LineError(WHOLE_LINE, shown(found), message)])
        kind = found.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            wrong = "is missing" if kind is None else "is unknown"
            message = f"{wrong}; write one of {', '.join(KINDS)}"
            return refused(number, None, [LineError("kind", shown(kind), message)])
        given = {name: value for name, value in found.items() if name != "kind"}
        return self._of_kind(number, kind, given, notes or [])

    def _of_kind(
        self, number: int, kind: str, given: dict[str, Any], notes: list[LineNote]
    ) -> Line:
        schema = SCHEMAS[kind]
        asked = _without_nulls(given)
        try:
            data: dict[str, Any] = schema.load(asked)
        except ValidationError as error:
            errors = sorted(_errors(schema, error.messages, asked), key=lambda e: e.field)
            return refused(number, kind, errors)
        if earlier := self._earlier(number, kind, data):
            return refused(number, kind, [earlier])
        named = list(_named_places(schema, asked))
        place_notes = [LineNote(field, text, place.how) for field, text, place in named]
        return Line(
            number=number,
            kind=kind,
            data=data,
            notes=[*notes, *place_notes],
            given=frozenset(given),
            places_typed={place.code: text for _, text, place in named},
        )

    def _earlier(self, number: int, kind: str, data: Mapping[str, Any]) -> LineError | None:
        identity = data.get("id")
        if identity is None:
            return None
        first = self._seen.setdefault((kind, identity), number)
        if first == number:
            return None
        message = f"is the id of the {kind} on line {first} already; give each its own"
        return LineError("id", identity, message)


def _without_nulls(value: Any) -> Any:
    """Null means the same as absent, at any depth of objects."""
    if isinstance(value, dict):
        return {name: _without_nulls(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return value


def _named_places(
    schema: Schema, asked: Mapping[str, Any]
) -> Iterator[tuple[str, str, Resolution]]:
    """Field, text and place of every place that was not given by its code."""
    for name, entry in schema.fields.items():
        if not isinstance(entry, PlacesValue):
            continue
        texts = [part for given in asked.get(name, []) for part in place_texts(given)]
        for text in texts:
            place = resolved(text.strip())
            if isinstance(place, Resolution) and place.code != text.strip():
                yield name, text.strip(), place


def _errors(schema: Schema, messages: Any, asked: Any) -> list[LineError]:
    """Marshmallow's tree of messages as a flat list, with the value each is about."""
    return list(_flattened(messages, _At((), asked, schema)))


class _At:
    """A place in the line: the path to it, what stands there and what was expected."""

    def __init__(self, path: tuple[str, ...], value: Any, expected: Any) -> None:
        self.path = path
        self.value = value
        self.expected = expected

    def inside(self, key: str | int) -> "_At":
        if isinstance(key, int):
            entry = self.value[key] if isinstance(self.value, list) else self.value
            return _At((*self.path, str(key + 1)), entry, _expected(self.expected, key))
        if key in ("_schema", "key", "value"):
            return self
        entry = self.value.get(key) if isinstance(self.value, dict) else self.value
        return _At((*self.path, key), entry, _expected(self.expected, key))

    @property
    def parent_fields(self) -> list[str]:
        return list(self.expected) if isinstance(self.expected, list) else []


def _expected(expected: Any, key: str | int) -> Any:
    """The schema of an object, or the names known beside a field that is not."""
    if isinstance(expected, fields.List):
        return _expected_of(expected.inner)
    if isinstance(expected, Schema):
        known = expected.fields
        return _expected_of(known[str(key)]) if key in known else list(known)
    return None


def _expected_of(entry: fields.Field[Any]) -> Any:
    if isinstance(entry, fields.Nested):
        return entry.schema
    return entry if isinstance(entry, fields.List) else None


def _flattened(messages: Any, at: _At) -> Iterator[LineError]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flattened(inner, at.inside(key))
        return
    for message in messages:
        value = "" if at.value is None else shown(at.value)
        yield LineError(".".join(at.path) or WHOLE_LINE, value, _words(str(message), at))


def _words(message: str, at: _At) -> str:
    if message == UNKNOWN:
        return _unknown(at)
    if message == NO_OBJECT and isinstance(at.expected, Schema):
        names = list(at.expected.fields)
        return (
            f"holds several values: write an object with {', '.join(names)}, or in a sheet one "
            f"column each, such as {at.path[0]}.{names[0]}"
        )
    return message


def _unknown(at: _At) -> str:
    names = at.parent_fields
    close = difflib.get_close_matches(at.path[-1], names, n=1, cutoff=0.6)
    meant = f" (did you mean {close[0]}?)" if close else ""
    return f"is an unknown field{meant}; there are: {', '.join(names)}"
