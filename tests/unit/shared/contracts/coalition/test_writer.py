"""What is exported comes back as it was, and exported again is the same to the byte."""

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from shared.contracts.coalition import SCHEMAS, read_lines, write_lines
from shared.contracts.coalition.looked_up import GoalValue, PlaceValue, Word
from shared.contracts.coalition.values import (
    ClockValue,
    CodeValue,
    CountValue,
    DayValue,
    EmailValue,
    FlagValue,
    IdValue,
    OneOf,
    TextMap,
    TextValue,
    WebValue,
)

ESSEX = {"kind": "member", "id": "essex", "name": "Essex", "sector": "local_government"}
NEED = {"kind": "need", "id": "n", "member": "essex", "title": "Wörter – früh", "contact": "c"}
CONTACT = {"kind": "contact", "id": "c", "member": "essex", "email": "a@essex.example"}


def read(text: str) -> list[dict[str, Any]]:
    lines = list(read_lines(io.BytesIO(text.encode())))
    assert [line.errors for line in lines if line.errors] == []
    return [line.object for line in lines]


def test_lines_are_sorted_short_and_have_their_fields_in_one_order() -> None:
    needs: list[dict[str, Any]] = [
        {**NEED, "id": "z", "title": "Z", "urgency": "medium", "by": None},
        NEED,
    ]
    backwards = [dict(reversed(list(found.items()))) for found in needs]
    written = list(write_lines([*backwards, ESSEX], contacts=True))
    assert written == [
        '{"kind":"member","id":"essex","name":"Essex","sector":"local_government"}\n',
        '{"kind":"need","id":"n","member":"essex","title":"Wörter – früh","contact":"c"}\n',
        '{"kind":"need","id":"z","member":"essex","title":"Z","contact":"c"}\n',
    ]


def test_contacts_are_left_out_unless_asked_for() -> None:
    without = "".join(write_lines([ESSEX, NEED, CONTACT]))
    assert "contact" not in without
    assert "@" not in without
    assert '"email":"a@essex.example"' in "".join(write_lines([CONTACT], contacts=True))


def test_what_is_unknown_is_not_written() -> None:
    with pytest.raises(ValueError, match="unknown kind 'x'"):
        list(write_lines([{"kind": "x"}]))
    with pytest.raises(ValueError, match="has no field email"):
        list(write_lines([{**ESSEX, "email": "a@b.example"}]))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\x00"]), max_size=20)
ids = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
SIMPLE: dict[type[Any], st.SearchStrategy[Any]] = {
    IdValue: ids,
    CodeValue: st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
    DayValue: st.dates().map(lambda day: day.isoformat()),
    ClockValue: st.sampled_from(["20:00", "08:30"]),
    EmailValue: ids.map(lambda name: f"{name}@council.example"),
    WebValue: ids.map(lambda name: f"https://{name}.example/x"),
    CountValue: st.integers(1, 1_000),
    FlagValue: st.booleans(),
    GoalValue: st.integers(1, 14),
    PlaceValue: st.sampled_from(["E07000076", "E10000012", "K02000001"]),
    TextMap: st.dictionaries(ids, ids, max_size=3),
}


def value_of(entry: Any) -> st.SearchStrategy[Any]:
    match entry:
        case fields.Nested():
            return object_of(entry.schema.fields)
        case fields.List():
            least = getattr(entry, "at_least", 0)
            return st.lists(value_of(entry.inner), min_size=least, max_size=3, unique_by=str)
        case Word():
            return st.sampled_from(entry.vocabulary.ids)
        case OneOf():
            return st.sampled_from(entry.allowed)
    made = SIMPLE.get(type(entry))
    if made is None:
        assert type(entry) is TextValue
        made = texts.map(lambda text: text.strip() or "x")
    return made


def object_of(known: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    required = {name: value_of(entry) for name, entry in known.items() if entry.required}
    optional = {name: value_of(entry) for name, entry in known.items() if not entry.required}
    return st.fixed_dictionaries(required, optional=optional)


def valid_object(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    return object_of(schema.fields).filter(lambda found: not schema.validate(found))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(SCHEMAS)), min_size=1, max_size=4), st.data())
def test_import_and_export_again_gives_the_same_bytes(
    kinds: list[str], data: st.DataObject
) -> None:
    objects = []
    for number, kind in enumerate(kinds):
        schema = SCHEMAS[kind]
        made = data.draw(valid_object(schema))
        if "id" in schema.fields:
            made["id"] = f"x{number}"
        objects.append({"kind": kind, **made})
    raw = "".join(json.dumps(found) + "\n" for found in objects)
    first = "".join(write_lines(read(raw), contacts=True))
    again = "".join(write_lines(read(first), contacts=True))
    assert again == first
    assert sorted(map(str, read(first))) == sorted(map(str, read(raw)))


REQUIRED: dict[str, dict[str, Any]] = {
    "member": {"id": "a", "name": "n", "sector": "health"},
    "contact": {"id": "a", "member": "b", "email": "a@b.example"},
    "capability": {"id": "a", "member": "b", "title": "t"},
    "need": {"id": "a", "member": "b", "title": "t"},
    "partnership": {"need": "a", "members": ["a", "b"], "since": "2022-01-01"},
}
NAUGHTY = ["", " ", ";", ";;Leeds", "\u202e", "\ufeff", "ﷺ", "1e5", "0x0", "true", "\u2028", "=1+1"]


@pytest.mark.parametrize("kind", sorted(REQUIRED))
@pytest.mark.parametrize("text", NAUGHTY)
def test_whatever_is_taken_is_written_so_that_it_is_taken_again(kind: str, text: str) -> None:
    for name in SCHEMAS[kind].fields:
        for value in (text, [text], {text: text}, {name: text}):
            raw = json.dumps({"kind": kind, **REQUIRED[kind], name: value})
            (line,) = read_lines([raw.encode()])
            if line.data is None:
                assert line.errors[0].field.split(".")[0] == name
                continue
            written = "".join(write_lines([line.object], contacts=True))
            (again,) = read_lines([written.encode()])
            assert again.data == line.data
            assert "".join(write_lines([again.object], contacts=True)) == written
