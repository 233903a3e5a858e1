"""Whatever the bytes: an event, Malformed or UnknownType. Whatever the event: back as it was."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.bus.records import Record
from shared.contracts.codec import Malformed, UnknownType, decode, encode
from shared.contracts.fields import Choice, Code, Day, Flag, Id, Moment, Number, Place, Texts, Whole
from shared.contracts.fields import Text as TextField
from shared.contracts.golden import golden_example, golden_record, golden_types
from shared.contracts.shapes import Many, Part, Shape
from shared.contracts.types import EVENT_TYPES

TYPES = st.sampled_from(golden_types())
HEADER_NAMES = st.sampled_from([*golden_example(golden_types()[0])["headers"], "traceparent", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def reads_or_refuses(record: Record) -> None:
    try:
        decode(record)
    except (Malformed, UnknownType):
        return


@settings(deadline=None)
@given(
    st.binary(max_size=40),
    st.none() | st.binary(max_size=400),
    st.lists(st.tuples(HEADER_NAMES | st.text(), st.binary(max_size=60)), max_size=14),
)
def test_random_bytes_are_never_worse_than_malformed(
    key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    reads_or_refuses(Record("convene.needs", key, value, tuple(headers)))


@settings(deadline=None)
@given(TYPES, st.data())
def test_a_golden_example_with_one_bit_of_damage_is_read_or_refused(
    type_: str, data: st.DataObject
) -> None:
    record = golden_record(type_)
    value = record.value or b"{}"
    at = data.draw(st.integers(0, len(value) - 1))
    damaged = bytearray(value)
    damaged[at] = data.draw(st.integers(0, 255))
    reads_or_refuses(replace(record, value=bytes(damaged)))
    reads_or_refuses(replace(record, value=value[:at]))


@settings(deadline=None)
@given(TYPES, HEADER_NAMES, st.binary(max_size=40))
def test_a_golden_example_with_another_header_is_read_or_refused(
    type_: str, name: str, value: bytes
) -> None:
    record = golden_record(type_)
    headers = tuple((n, value if n == name else v) for n, v in record.headers)
    reads_or_refuses(replace(record, headers=headers))


@settings(deadline=None)
@given(TYPES, st.data(), json_values)
def test_any_json_in_any_field_is_read_or_refused(
    type_: str, data: st.DataObject, value: Any
) -> None:
    example = golden_example(type_)["data"]
    if example is None:
        return
    example[data.draw(st.sampled_from(sorted(example)))] = value
    reads_or_refuses(replace(golden_record(type_), value=json.dumps(example).encode()))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\x00"]), max_size=30)
words = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
ids = st.from_regex(r"[A-Za-zéß0-9][A-Za-z0-9 _.:-]{0,30}[a-z0-9]", fullmatch=True)
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.isoformat(timespec="microseconds") + "Z"
)


def value_of(field: Any) -> st.SearchStrategy[Any]:
    made: st.SearchStrategy[Any]
    match field:
        case Part():
            made = data_of(field.shape)
        case Many():
            made = st.lists(value_of(field.item), min_size=field.at_least, max_size=3)
        case Choice():
            made = st.sampled_from(field.values)
        case TextField():
            made = texts.map(lambda text: text or "x")
        case Whole():
            made = st.integers(field.at_least, field.at_most)
        case _:
            made = SIMPLE[type(field)]
    return st.none() | made if field.allow_none else made


SIMPLE: dict[type[Any], st.SearchStrategy[Any]] = {
    Id: ids,
    Code: words,
    Day: st.dates().map(lambda day: day.isoformat()),
    Flag: st.booleans(),
    Moment: moments,
    Number: st.integers(-1_000, 1_000) | st.floats(allow_nan=False, allow_infinity=False),
    Place: st.from_regex(r"[A-Z][0-9]{8}", fullmatch=True),
    Texts: st.dictionaries(texts, texts, max_size=3),
}


def data_of(shape: type[Shape]) -> st.SearchStrategy[dict[str, Any]]:
    known = shape().fields
    required = {name: value_of(entry) for name, entry in known.items() if entry.required}
    optional = {name: value_of(entry) for name, entry in known.items() if not entry.required}
    made = st.fixed_dictionaries(required, optional=optional)
    return made.filter(lambda data: not shape().validate(data))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TYPES, st.data())
def test_whatever_can_be_sent_comes_back_as_it_was(type_: str, data: st.DataObject) -> None:
    kind = EVENT_TYPES[type_]
    event = decode(golden_record(type_))
    if kind.schema is not None:
        content = data.draw(data_of(kind.schema))
        event = replace(event, data=content, subject=content[kind.subject_field])
    event = replace(
        event,
        id=data.draw(ids),
        correlation_id=data.draw(ids),
        causation_id=data.draw(st.none() | ids),
        sequence=data.draw(st.integers(1, 2**63 - 1)),
        time=data.draw(st.datetimes(timezones=st.just(UTC))),
    )
    record = encode(event)
    read = decode(record)
    assert encode(read) == record
    assert replace(read, data=None) == replace(event, data=None)
    for name, value in (event.data or {}).items():
        assert read.data is not None
        assert _same(read.data[name], value), name


def _same(read: Any, sent: Any) -> bool:
    """Equal where something was sent; inside an object, defaults may have been added."""
    if isinstance(sent, dict):
        return all(_same(read[key], value) for key, value in sent.items())
    if isinstance(sent, list):
        return len(read) == len(sent) and all(map(_same, read, sent))
    return bool(read == sent)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TYPES, st.data(), json_values)
def test_the_fast_path_waves_through_only_what_marshmallow_takes(
    type_: str, data: st.DataObject, value: Any
) -> None:
    kind = EVENT_TYPES[type_]
    if kind.schema is None:
        return
    content = golden_example(type_)["data"]
    inner = data.draw(st.sampled_from([content, *_objects(content)]))
    if inner:
        inner[data.draw(st.sampled_from(sorted(inner)))] = value
    if kind.schema.accepts(content, strict=True):
        shape = kind.schema()
        assert shape.load(content) == content
        assert shape.unknown_fields(content) == []


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        below = [found for entry in value.values() for found in _objects(entry)]
        return [value, *below]
    if isinstance(value, list):
        return [found for entry in value for found in _objects(entry)]
    return []
