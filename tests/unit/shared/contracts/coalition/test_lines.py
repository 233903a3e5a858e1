"""Every line is either whole or says what is wrong with it; none stops another."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import types
from shared.contracts.coalition import SCHEMAS, Line, read_lines
from shared.contracts.coalition.lines import MAX_LINE_BYTES
from shared.contracts.codec import check_data
from shared.contracts.golden import golden_example

NEED: dict[str, Any] = {"kind": "need", "id": "n1", "member": "essex", "title": "Reading"}
MEMBER: dict[str, Any] = {"kind": "member", "id": "essex", "name": "Essex", "sector": "health"}
CAPABILITY: dict[str, Any] = {"kind": "capability", "id": "c1", "member": "bbc", "title": "Songs"}
CONTACT: dict[str, Any] = {
    "kind": "contact",
    "id": "p1",
    "member": "bbc",
    "email": "someone@bbc.example",
}
PARTNERSHIP: dict[str, Any] = {
    "kind": "partnership",
    "need": "n1",
    "members": ["essex", "bbc"],
    "since": "2022-12-01",
}


def one(found: Any) -> Line:
    raw = found if isinstance(found, bytes) else json.dumps(found).encode()
    (line,) = read_lines([raw])
    return line


def error_of(found: Any, field: str) -> tuple[str, str]:
    """Value and message of the one error, which is about `field`."""
    line = one(found)
    assert line.data is None
    assert [error.field for error in line.errors] == [field]
    return line.errors[0].value, line.errors[0].message


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


WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    ({**NEED, "title": ""}, "title", "", "is empty; give what is needed"),
    ({**NEED, "title": " \n\t "}, "title", " \n\t ", "is empty"),
    ({**NEED, "title": "x" * 201}, "title", "x" * 199 + "…", "201 characters; shorten it to 200"),
    ({**NEED, "title": 5}, "title", "5", "must be a text"),
    ({**NEED, "title": None}, "title", "", "is missing; give"),
    ({**NEED, "id": "a b"}, "id", "a b", "is no id"),
    ({**NEED, "id": "a/b"}, "id", "a/b", "is no id"),
    ({**NEED, "places": ["Atlantis"]}, "places.1", "Atlantis", "No place is known as"),
    ({**NEED, "places": ["E99999999"]}, "places.1", "E99999999", "No place has the code"),
    ({**NEED, "places": ["Leeds", "E07000076;Atlantis;X"]}, "places.2", "E07000076;", "“Atlantis”"),
    ({**NEED, "places": "Tendring"}, "places", "Tendring", "square brackets"),
    ({**NEED, "places": [["E07000076"]]}, "places.1", '["E07000076"]', "must be a text"),
    ({**NEED, "goals": [15]}, "goals.1", "15", "1 Strong foundations"),
    ({**NEED, "goals": [True]}, "goals.1", "true", "number or title of a goal"),
    ({**NEED, "goals": [1.5]}, "goals.1", "1.5", "number or title of a goal"),
    ({**NEED, "goals": [1] * 1_001}, "goals", "[1, 1", "1,001 entries"),
    ({**NEED, "wants": ["expertize"]}, "wants.1", "expertize", "Did you mean expertise?"),
    ({**NEED, "partners": 0}, "partners", "0", "whole number from 1"),
    ({**NEED, "partners": "2"}, "partners", "2", "without quotation marks"),
    ({**NEED, "partners": 10**12}, "partners", "1000000000000", "whole number"),
    ({**NEED, "by": "31/03/2027"}, "by", "31/03/2027", "write a date such as"),
    ({**NEED, "by": "2027-02-29"}, "by", "2027-02-29", "write a date such as"),
    ({**NEED, "urgency": "dire"}, "urgency", "dire", "low, medium, high"),
    ({**NEED, "welcomes_same_sector": 1}, "welcomes_same_sector", "1", "true or false"),
    ({**NEED, "strict": ["gives"]}, "strict.1", "gives", "goals, beneficiaries, wants"),
    ({**NEED, "units": 5}, "units", "5", "holds several values"),
    ({**NEED, "partner": 2}, "partner", "2", "did you mean partners?"),
    ({**NEED, "units": {"amont": 2}}, "units.amont", "2", "did you mean amount?"),
    ({**NEED, "evidence": {"url": "javascript:x"}}, "evidence.url", "javascript:x", "web address"),
    ({**CAPABILITY, "capacity": {"amount": -1}}, "capacity.amount", "-1", "whole number from 0"),
    (
        {**CAPABILITY, "available": {"from": "2027-02-01", "until": "2027-01-01"}},
        "available.until",
        "2027-01-01",
        "must not end before it begins",
    ),
    ({**MEMBER, "sector": "councl"}, "sector", "councl", "Did you mean local_government?"),
    ({**MEMBER, "status": "gone"}, "status", "gone", "invited, active, paused, withdrawn"),
    ({**MEMBER, "identifiers": {"gss": [1]}}, "identifiers.gss", "[1]", "must be a text"),
    ({**MEMBER, "identifiers": []}, "identifiers", "[]", "must be an object"),
    ({**MEMBER, "conflicts": [{"code": "x"}]}, "conflicts.1.member", "", "member or a sector"),
    ({**CONTACT, "email": "no at"}, "email", "no at", "is no email address"),
    ({**CONTACT, "main": "yes"}, "main", "yes", "true or false"),
    (
        {**CONTACT, "choices": {"quiet_hours": {"from": "8pm", "until": "08:00"}}},
        "choices.quiet_hours.from",
        "8pm",
        "time of day such as 20:00",
    ),
    ({**PARTNERSHIP, "members": ["a", "a"]}, "members", '["a", "a"]', "2 different ones"),
    ({**PARTNERSHIP, "need": None}, "need", "", "name the need, or say in text"),
    ({**PARTNERSHIP, "state": "proposed"}, "state", "proposed", "introduced, active"),
    ({**NEED, "kind": "nead"}, "kind", "nead", "write one of member, contact"),
    ({"id": "x"}, "kind", "", "is missing; write one of"),
]


@pytest.mark.parametrize(("found", "field", "value", "words"), WRONG)
def test_a_wrong_field_is_named_with_its_value_and_what_would_be_right(
    found: dict[str, Any], field: str, value: str, words: str
) -> None:
    shown, message = error_of(found, field)
    assert shown.startswith(value)
    assert words in message


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
