"""Every way a record can fail to be an event, each with its reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus.records import Record
from shared.contracts import types
from shared.contracts.codec import (
    REASONS,
    Malformed,
    UnknownType,
    decode,
)
from shared.contracts.envelope import read_time
from shared.contracts.golden import golden_record
from shared.contracts.types import EVENT_TYPES

NEED = golden_record(types.NEED_PUBLISHED)
ERASED = golden_record(types.NEED_ERASED)
Change = Callable[[Record], Record]


def with_header(name: str, value: bytes) -> Change:
    def change(record: Record) -> Record:
        kept = tuple(pair for pair in record.headers if pair[0] != name)
        return replace(record, headers=(*kept, (name, value)))

    return change


def without_header(name: str) -> Change:
    return lambda record: replace(
        record, headers=tuple(pair for pair in record.headers if pair[0] != name)
    )


def with_value(value: bytes | None) -> Change:
    return lambda record: replace(record, value=value)


def with_data(**fields: Any) -> Change:
    def change(record: Record) -> Record:
        data = {**json.loads(record.value or b"{}"), **fields}
        return replace(record, value=json.dumps(data).encode())

    return change


def twice(name: str) -> Change:
    return lambda record: replace(
        record, headers=(*record.headers, next(p for p in record.headers if p[0] == name))
    )


BROKEN: list[tuple[str, Change, str]] = [
    *[
        (f"no {name}", without_header(name), "missing_header")
        for name in (
            "ce_specversion",
            "ce_id",
            "ce_source",
            "ce_type",
            "ce_subject",
            "ce_time",
            "ce_sequence",
            "ce_correlationid",
            "ce_dataschema",
            "content-type",
        )
    ],
    ("a header twice", twice("ce_id"), "duplicate_header"),
    ("header not UTF-8", with_header("ce_id", b"\xff"), "bad_header"),
    ("empty id", with_header("ce_id", b""), "bad_header"),
    ("id with a line break", with_header("ce_id", b"a\nb"), "bad_header"),
    ("endless id", with_header("ce_id", b"x" * 201), "bad_header"),
    ("empty type", with_header("ce_type", b""), "bad_header"),
    ("empty causation", with_header("ce_causationid", b" "), "bad_header"),
    ("other specversion", with_header("ce_specversion", b"0.3"), "bad_header"),
    ("time without zone", with_header("ce_time", b"2026-11-23T15:00:00"), "bad_header"),
    ("no such day", with_header("ce_time", b"2026-02-30T15:00:00Z"), "bad_header"),
    ("year 1 beyond UTC", with_header("ce_time", b"0001-01-01T00:00:00+05:00"), "bad_header"),
    ("time of ISO only", with_header("ce_time", b"20261123T150000Z"), "bad_header"),
    ("sequence unpadded", with_header("ce_sequence", b"12"), "bad_header"),
    ("sequence zero", with_header("ce_sequence", b"0" * 20), "bad_header"),
    ("sequence too large", with_header("ce_sequence", b"9" * 20), "bad_header"),
    ("sequence in Thai", with_header("ce_sequence", "๑".encode() * 20), "bad_header"),
    ("not JSON by header", with_header("content-type", b"text/plain"), "bad_header"),
    ("version 2", with_header("ce_type", b"org.convene.need.published.v2"), "unknown_version"),
    ("no version", with_header("ce_type", b"org.convene.need.published"), "unknown_version"),
    ("another service", with_header("ce_source", b"/matcher"), "wrong_source"),
    ("another topic", lambda r: replace(r, topic="convene.matches"), "wrong_topic"),
    ("another key", lambda r: replace(r, key=b"other"), "wrong_key"),
    ("no key", lambda r: replace(r, key=b""), "wrong_key"),
    ("another schema", with_header("ce_dataschema", b"urn:x"), "wrong_dataschema"),
    ("about another need", with_data(need_id="other"), "wrong_subject"),
    ("no value", with_value(None), "missing_data"),
    ("empty value", with_value(b""), "bad_json"),
    ("half a value", with_value(b'{"need_id":'), "bad_json"),
    ("two values", with_value(b"{} {}"), "bad_json"),
    ("byte order mark", with_value(b"\xef\xbb\xbf{}"), "bad_json"),
    ("number of 5,000 digits", with_value(b'{"x":' + b"1" * 5_000 + b"}"), "bad_json"),
    ("not UTF-8", with_value(b'{"need_id":"\xc3\x28"}'), "bad_utf8"),
    ("NaN", with_value(b'{"x":NaN}'), "not_finite"),
    ("-Infinity", with_value(b'{"x":[-Infinity]}'), "not_finite"),
    ("1e999", with_value(b'{"x":1e999}'), "not_finite"),
    ("key twice", with_value(b'{"a":{"x":1,"x":2}}'), "duplicate_key"),
    ("33 levels", with_value(b"[" * 33 + b"]" * 33), "too_deep"),
    ("100,000 levels", with_value(b"[" * 100_000 + b"]" * 100_000), "too_deep"),
    ("33 levels in the data", with_data(x=json.loads("[" * 32 + "]" * 32)), "too_deep"),
    ("NUL", with_data(title="a\0b"), "bad_text"),
    ("half a surrogate pair", with_value(b'{"x":"\\ud800"}'), "bad_text"),
    ("an array", with_value(b"[]"), "broken_schema"),
    ("null", with_value(b"null"), "broken_schema"),
    ("a text for a list", with_data(goals="1"), "broken_schema"),
    ("an object for a list", with_data(goals={"1": 1}), "broken_schema"),
    ("a text for a number", with_data(partners="1"), "broken_schema"),
    ("true for a number", with_data(partners=True), "broken_schema"),
    ("1.0 for a whole number", with_data(partners=1.0), "broken_schema"),
    ("1 for true", with_data(welcomes_same_sector=1), "broken_schema"),
    ("null in a list", with_data(goals=[None]), "broken_schema"),
    ("null where none may be", with_data(title=None), "broken_schema"),
    ("no title", with_data(title=""), "broken_schema"),
    ("title of 201", with_data(title="x" * 201), "broken_schema"),
    ("description of 100,000", with_data(description="x" * 100_000), "broken_schema"),
    ("a draft", with_data(status="draft"), "broken_schema"),
    ("a name for a place", with_data(places=["Tendring"]), "broken_schema"),
    ("a time for a day", with_data(by="2027-01-01T00:00:00Z"), "broken_schema"),
    ("no such date", with_data(by="2027-02-29"), "broken_schema"),
    ("material ahead of version", with_data(material_version=9), "broken_schema"),
    ("wrong inside an object", with_data(units={"amount": "many"}), "broken_schema"),
    ("a list of 1,001", with_data(goals=[1] * 1_001), "broken_schema"),
]


@pytest.mark.parametrize(
    ("change", "reason"), [(c, r) for _, c, r in BROKEN], ids=[n for n, *_ in BROKEN]
)
def test_a_broken_record_is_malformed_with_its_reason(change: Change, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(change(NEED))
    assert caught.value.reason_code == reason
    assert caught.value.detail


def test_every_reason_is_tried_above_or_below() -> None:
    assert {reason for *_, reason in BROKEN} | {"unexpected_data"} == set(REASONS)


def test_a_tombstone_with_a_value_is_malformed() -> None:
    with pytest.raises(Malformed) as caught:
        decode(replace(ERASED, value=b"{}"))
    assert caught.value.reason_code == "unexpected_data"


def test_a_reason_never_quotes_the_data() -> None:
    secret = "canary@example.org"
    with pytest.raises(Malformed) as caught:
        decode(with_data(status=secret, goals=[secret], units=secret, closed_code=secret)(NEED))
    assert secret not in str(caught.value)


@pytest.mark.parametrize("type_", [b"com.example.thing.v1", b"org.convene.need.vanished.v1", b"x"])
def test_a_type_that_is_not_ours_is_unknown_whatever_it_carries(type_: bytes) -> None:
    record = with_header("ce_type", type_)(replace(NEED, value=b"\xff", key=b"other"))
    with pytest.raises(UnknownType) as caught:
        decode(record)
    assert caught.value.type == type_.decode()


def test_what_is_deep_but_allowed_is_kept() -> None:
    event = decode(with_data(x=json.loads("[" * 31 + "]" * 31))(NEED))
    assert event.data is not None
    assert "x" in event.data


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    event = decode(with_data(description="C:\\u0000 and \\ud800")(NEED))
    assert event.data is not None
    assert event.data["description"] == "C:\\u0000 and \\ud800"


def test_headers_of_others_and_a_charset_are_tolerated() -> None:
    record = with_header("content-type", b"application/json; charset=UTF-8")(NEED)
    record = replace(record, headers=(*record.headers, ("x-other", b"\xff"), ("x-other", b"")))
    assert decode(record) == decode(NEED)


def test_a_topic_may_carry_a_prefix_of_the_installation() -> None:
    assert decode(replace(NEED, topic="essex.convene.needs")) == decode(NEED)


def test_a_traceparent_that_is_not_one_is_dropped() -> None:
    assert decode(NEED).traceparent is not None
    assert decode(with_header("traceparent", b"nonsense")(NEED)).traceparent is None


def test_absent_fields_get_their_defaults_and_unknown_ones_are_kept() -> None:
    data = json.loads(NEED.value or b"")
    for name in ("offers", "locality", "units", "urgency"):
        del data[name]
    data["evidence"]["added_later"] = 1
    event = decode(replace(NEED, value=json.dumps(data).encode()))
    assert event.data is not None
    assert event.data["offers"] == []
    assert event.data["locality"] == {"text": "", "postcode": ""}
    assert event.data["units"] is None
    assert event.data["urgency"] == "medium"
    assert event.data["evidence"]["added_later"] == 1


def test_time_is_read_into_utc() -> None:
    event = decode(with_header("ce_time", b"2026-11-23T16:00:00.5+01:00")(NEED))
    assert event.time == datetime(2026, 11, 23, 15, 0, 0, 500_000, tzinfo=UTC)
    assert event.time.tzinfo is UTC
    assert read_time("2026-11-23T16:00:00+01:00") == datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_a_match_by_convene_is_whole_and_one_made_elsewhere_need_not_be() -> None:
    record = golden_record(types.MATCH_RECORDED)
    assert decode(record).data is not None
    with pytest.raises(Malformed, match="a match made by Convene has"):
        decode(with_data(origin="convene")(record))


def test_every_type_names_the_field_its_subject_stands_in() -> None:
    for kind in EVENT_TYPES.values():
        if kind.schema is not None:
            assert kind.schema().fields[kind.subject_field].required, kind.type
