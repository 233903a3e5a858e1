"""Every line is either whole or says what is wrong with it; none stops another."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import types
from shared.contracts.coalition import SCHEMAS, read_lines
from shared.contracts.coalition.lines import MAX_LINE_BYTES
from shared.contracts.codec import check_data
from shared.contracts.golden import golden_example
from tests.unit.shared.contracts.coalition.examples import (
    CAPABILITY,
    CONTACT,
    MEMBER,
    NEED,
    PARTNERSHIP,
    error_of,
    one,
)


@pytest.mark.parametrize("found", [NEED, MEMBER, CAPABILITY, CONTACT, PARTNERSHIP])
def test_the_required_fields_are_enough_and_the_rest_has_defaults(found: dict[str, Any]) -> None:
    line = one(found)
    assert line.errors == []
    assert line.data is not None
    assert set(line.data) == set(SCHEMAS[found["kind"]].fields)
    assert line.given == set(found) - {"kind"}
    assert line.object["kind"] == found["kind"]


def test_the_defaults_are_those_of_the_table() -> None:
    capability = one(CAPABILITY).data
    assert capability is not None
    assert capability["mode"] == "either"
    assert capability["terms"] == "free"
    assert capability["capacity"] == {"amount": 1, "unit": "partnerships", "per": "at a time"}
    need = one(NEED).data
    assert need is not None
    assert (need["partners"], need["budget"], need["urgency"]) == (1, "none", "medium")
    assert need["welcomes_same_sector"] is False
    member = one(MEMBER).data
    assert member is not None
    assert member["status"] == "active"


def test_labels_titles_names_and_postcodes_are_taken_and_shown() -> None:
    line = one(
        {
            **NEED,
            "goals": ["Open recruitment", 1, "1 strong foundations", "1"],
            "places": ["Tendring", "E07000076", "CO15 2LF"],
            "wants": ["Training places", "advice"],
            "beneficiaries": ["Early years"],
            "budget": "to be found",
        }
    )
    assert line.data is not None
    assert line.data["goals"] == [5, 1]
    assert line.data["places"] == ["E07000076"]
    assert line.data["wants"] == ["training_places", "expertise"]
    assert line.data["beneficiaries"] == ["early_years"]
    assert line.data["budget"] == "to_be_found"
    assert [(note.field, note.value) for note in line.notes] == [
        ("places", "Tendring"),
        ("places", "CO15 2LF"),
    ]
    assert "district, E07000076" in line.notes[0].message
    assert set(line.places_typed) == {"E07000076"}


def test_an_ambiguous_place_is_refused_with_the_candidates_and_what_it_says_works() -> None:
    value, message = error_of({**NEED, "places": ["Essex"]}, "places.1")
    assert value == "Essex"
    assert "E10000012;E06000033;E06000034" in message
    line = one({**NEED, "places": ["E10000012;E06000033;E06000034"]})
    assert line.data is not None
    assert line.data["places"] == ["E10000012", "E06000033", "E06000034"]


def test_all_errors_of_a_line_are_told_at_once() -> None:
    line = one({"kind": "need", "urgency": "dire", "goals": [99], "x": 1})
    assert [error.field for error in line.errors] == [
        "goals.1",
        "id",
        "member",
        "title",
        "urgency",
        "x",
    ]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"nonsense", "is not JSON"),
        (b'{"kind":"need"', "is not JSON"),
        (b"[]", "must be one object"),
        (b"null", "must be one object"),
        (b'"need"', "must be one object"),
        (b'{"kind":"need","partners":NaN}', "NaN"),
        (b'{"kind":"need","partners":1e999}', "NaN, Infinity"),
        (b'{"kind":"need","kind":"member"}', "same field twice"),
        (b'{"kind":"need","title":"\xff"}', "save the file as UTF-8"),
        (b'{"kind":"need","title":"a\\u0000b"}', "remove it"),
        (b'{"kind":"need","title":"\\ud800"}', "remove it"),
        (b'{"kind":' + b"[" * 40 + b"]" * 40 + b"}", "deeper than 32"),
        (b"[" * 100_000, "is nested deeper"),
        (b'{"kind":"need","x":' + b"9" * 5_000 + b"}", "too many digits"),
        (b" " + b"x" * (MAX_LINE_BYTES + 1), "is longer than"),
    ],
)
def test_what_is_no_object_is_an_error_of_its_line(raw: bytes, words: str) -> None:
    before = json.dumps(MEMBER).encode()
    after = json.dumps(NEED).encode()
    lines = list(read_lines([before, raw, after]))
    assert [line.number for line in lines] == [1, 2, 3]
    assert [bool(line.errors) for line in lines] == [False, True, False]
    assert lines[1].errors[0].field == "line"
    assert words in lines[1].errors[0].message


def test_a_description_of_100000_characters_is_too_long_and_20000_are_not() -> None:
    _, message = error_of({**NEED, "description": "x" * 100_000}, "description")
    assert message == "has 100,000 characters; shorten it to 20,000 or fewer"
    assert one({**NEED, "description": "x" * 20_000}).errors == []


def test_an_id_is_used_once_in_a_file_and_the_first_line_is_named() -> None:
    raw = [json.dumps(found).encode() for found in (NEED, {**CAPABILITY, "id": "n1"}, NEED)]
    lines = list(read_lines([b"\n", *raw]))
    assert [line.number for line in lines] == [2, 3, 4]
    assert [bool(line.errors) for line in lines] == [False, False, True]
    assert "on line 2" in lines[2].errors[0].message


def test_byte_order_mark_crlf_and_blank_lines_change_nothing() -> None:
    text = json.dumps(NEED) + "\r\n\r\n  \t\n" + json.dumps(MEMBER)
    lines = list(read_lines(io.BytesIO(b"\xef\xbb\xbf" + text.encode())))
    assert [(line.number, line.kind, line.errors) for line in lines] == [
        (1, "need", []),
        (4, "member", []),
    ]


def test_a_utf16_file_is_one_clear_error() -> None:
    (line,) = read_lines(
        io.BytesIO((json.dumps(NEED) + "\n" + json.dumps(MEMBER)).encode("utf-16"))
    )
    assert "save the file as UTF-8" in line.errors[0].message


def test_an_endless_line_does_not_fill_the_memory_and_the_next_is_read() -> None:
    class Endless(io.RawIOBase):
        """A line of 50 MB, then a need; remembers the most it was asked for at once."""

        def __init__(self) -> None:
            self.left = 50_000_000
            self.largest = 0
            self.rest = [b"\n", json.dumps(NEED).encode()]

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            self.largest = max(self.largest, size)
            assert 0 < size <= MAX_LINE_BYTES + 2
            if self.left:
                taken = min(size, self.left)
                self.left -= taken
                return b"x" * taken
            return self.rest.pop(0) if self.rest else b""

    lines = list(read_lines(Endless()))
    assert ["is longer than" in error.message for error in lines[0].errors] == [True]
    assert [line.number for line in lines] == [1, 2]
    assert lines[1].errors == []


def test_null_means_absent() -> None:
    line = one({**NEED, "by": None, "units": None, "goals": None, "evidence": {"url": None}})
    assert line.data is not None
    assert line.data["goals"] == []
    assert line.data["evidence"] == {"figure": "", "source": "", "url": None}


def test_titles_are_one_line_and_descriptions_keep_theirs() -> None:
    line = one({**NEED, "title": " Reading\r\nbefore  school ", "description": "a\r\nb\r"})
    assert line.data is not None
    assert line.data["title"] == "Reading before school"
    assert line.data["description"] == "a\nb"


def test_a_line_with_errors_has_no_object() -> None:
    with pytest.raises(ValueError, match="has errors"):
        _ = one({"kind": "need"}).object


FULL_NEED = {
    **NEED,
    "goals": [1],
    "places": ["E07000076"],
    "locality": {"text": "Jaywick"},
    "units": {"amount": 3},
    "evidence": {"figure": 62.1},
    "by": "2027-09-01",
}
FULL_CAPABILITY = {**CAPABILITY, "available": {"from": "2027-01-01"}, "assured_on": "2026-01-01"}


@pytest.mark.parametrize(
    ("found", "type_"),
    [
        (NEED, types.NEED_PUBLISHED),
        (FULL_NEED, types.NEED_PUBLISHED),
        (CAPABILITY, types.CAPABILITY_PUBLISHED),
        (FULL_CAPABILITY, types.CAPABILITY_PUBLISHED),
        ({**MEMBER, "identifiers": {"ods": 123}, "website": "a.example"}, types.MEMBER_CHANGED),
    ],
)
def test_what_is_read_can_be_published_as_it_stands(found: dict[str, Any], type_: str) -> None:
    line = one(found)
    assert line.data is not None
    content = dict(line.data)
    for name in ("id", "member", "contact", "conflicts"):
        content.pop(name, None)
    made = check_data(type_, {**golden_example(type_)["data"], **content})
    assert made is not None
    assert {name: made[name] for name in content} == content


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=6))
def test_random_bytes_are_only_ever_lines_with_errors(raw: list[bytes]) -> None:
    for line in read_lines(io.BytesIO(b"\n".join(raw))):
        assert (line.data is None) == bool(line.errors)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SCHEMAS)), st.data())
def test_any_json_in_any_field_is_taken_or_refused_by_name(kind: str, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(SCHEMAS[kind].fields)), max_size=4))
    found = {"kind": kind, **{name: data.draw(json_values) for name in names}}
    line = one(found)
    assert (line.data is None) == bool(line.errors)
    for error in line.errors:
        assert error.message
        assert error.field.split(".")[0] in {*SCHEMAS[kind].fields, "line"}
