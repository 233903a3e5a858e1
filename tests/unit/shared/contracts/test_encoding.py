"""What breaks its contract is refused where it is written; what is sent is the same bytes each time."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.contracts import types
from shared.contracts.codec import NotSendable, check_data, decode, encode
from shared.contracts.envelope import Event, wire_time
from shared.contracts.golden import golden_record

ERASED = golden_record(types.NEED_ERASED)
EVENT = decode(golden_record(types.NEED_PUBLISHED))


def _data(**fields: Any) -> dict[str, Any]:
    return {**(EVENT.data or {}), **fields}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (replace(EVENT, type="org.convene.need.published.v2"), "unknown event type"),
        (replace(EVENT, source="/matcher"), "published by /registry"),
        (replace(EVENT, id=""), "id must be"),
        (replace(EVENT, correlation_id="a\nb"), "correlation_id must be"),
        (replace(EVENT, causation_id=" "), "causation_id must be"),
        (replace(EVENT, sequence=0), "sequence 0"),
        (replace(EVENT, sequence=2**63), "sequence"),
        (replace(EVENT, traceparent="x"), "traceparent"),
        (replace(EVENT, time=datetime(2026, 1, 1)), "no time zone"),  # noqa: DTZ001
        (replace(EVENT, data=None), "needs data"),
        (replace(EVENT, subject="other"), "need_id is not the subject"),
        (replace(EVENT, data=_data(email="a@b.example")), "unknown fields email"),
        (replace(EVENT, data=_data(units={"amount": 1, "unit": "", "x": 1})), "units.x"),
        (replace(EVENT, data=_data(title="half \ud800")), "surrogate"),
        (replace(EVENT, data=_data(partners=0)), "partners"),
        (replace(EVENT, data=_data(goals={"a": 1})), "must be a list"),
    ],
)
def test_what_breaks_its_contract_is_not_sent(event: Event, words: str) -> None:
    with pytest.raises(NotSendable, match=words):
        encode(event)


def test_a_tombstone_takes_no_data() -> None:
    with pytest.raises(NotSendable, match="takes no data"):
        encode(replace(decode(ERASED), data={"need_id": "x"}))
    assert encode(decode(ERASED)).value is None


def test_unknown_fields_are_found_in_lists_of_objects() -> None:
    record = golden_record(types.MATCH_PROPOSED)
    data = json.loads(record.value or b"")
    data["parties"][1]["contact"] = "a person"
    with pytest.raises(NotSendable, match=r"parties\[1\]\.contact"):
        check_data(types.MATCH_PROPOSED, data)


def test_check_data_fills_in_defaults() -> None:
    made = check_data(types.CONFLICT_DECLARED, {"member_id": "a", "conflicts": [{"sector": "x"}]})
    assert made == {
        "member_id": "a",
        "conflicts": [{"member_id": None, "sector": "x", "until": None}],
    }
    with pytest.raises(NotSendable, match="unknown event type"):
        check_data("nonsense", {})


def test_equal_events_are_equal_bytes_whatever_the_order_of_their_fields() -> None:
    backwards = dict(reversed(list((EVENT.data or {}).items())))
    zone = timezone(timedelta(hours=1))
    same = replace(EVENT, data=backwards, time=EVENT.time.astimezone(zone))
    assert encode(same) == encode(EVENT)


def test_wire_time_is_utc_with_a_z() -> None:
    zone = timezone(timedelta(hours=1))
    assert wire_time(datetime(2026, 7, 1, 12, tzinfo=zone)) == "2026-07-01T11:00:00Z"
