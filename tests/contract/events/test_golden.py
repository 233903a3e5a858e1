"""What was ever published is decoded for ever, and nothing is said that nobody reviewed."""

import json
from dataclasses import replace

import pytest

from shared.contracts import topics, types
from shared.contracts.codec import Malformed, decode, encode
from shared.contracts.golden import golden_example, golden_record, golden_types
from shared.contracts.topics import TOPICS
from shared.contracts.types import EVENT_TYPES

SERVICES = {"registry", "matcher", "notifier"}


@pytest.mark.parametrize("type_", golden_types())
def test_a_golden_example_is_decoded_and_encoded_to_the_same(type_: str) -> None:
    record = golden_record(type_)
    event = decode(record)
    assert event.type == type_
    again = encode(event)
    assert (again.topic, again.key) == (record.topic, record.key)
    assert dict(again.headers) == dict(record.headers)
    assert decode(again) == event
    if record.value is not None:
        assert again.value is not None
        assert json.loads(again.value) == json.loads(record.value)


@pytest.mark.parametrize("type_", golden_types())
def test_a_golden_example_loses_nothing_to_a_consumer_that_is_older(type_: str) -> None:
    """A field that a later producer adds is kept, not refused."""
    record = golden_record(type_)
    if record.value is None:
        return
    data = {**json.loads(record.value), "added_later": {"x": [1, None]}}
    event = decode(replace(record, value=json.dumps(data).encode()))
    assert event.data is not None
    assert event.data["added_later"] == {"x": [1, None]}


@pytest.mark.parametrize("type_", golden_types())
def test_without_its_first_required_field_a_golden_example_is_malformed(type_: str) -> None:
    kind = EVENT_TYPES[type_]
    if kind.schema is None:
        return
    data = golden_example(type_)["data"]
    required = next(name for name, entry in kind.schema().fields.items() if entry.required)
    del data[required]
    with pytest.raises(Malformed) as caught:
        decode(replace(golden_record(type_), value=json.dumps(data).encode()))
    assert caught.value.reason_code == "broken_schema"
    assert required in caught.value.detail


def test_every_event_type_has_a_golden_example_and_every_example_a_type() -> None:
    assert set(golden_types()) == set(EVENT_TYPES)


def test_every_constant_is_a_reviewed_event_type() -> None:
    constants = {
        value
        for name, value in vars(types).items()
        if name.isupper() and isinstance(value, str) and value != types.PREFIX
    }
    assert constants == set(EVENT_TYPES)


def test_every_event_type_has_a_producer_a_topic_and_only_known_consumers() -> None:
    for kind in EVENT_TYPES.values():
        assert kind.producer == TOPICS[kind.topic].owner
        assert set(kind.consumers) <= SERVICES, kind.type
        assert len(set(kind.consumers)) == len(kind.consumers), kind.type
        assert kind.description.endswith("."), kind.type
        assert kind.tombstone == (kind.schema is None), kind.type


def test_only_a_proposal_is_told_to_the_outside_only() -> None:
    """Nobody of ours has to do anything before a coordinator has looked at it."""
    outward = {kind.type for kind in EVENT_TYPES.values() if not kind.consumers}
    assert outward == {types.MATCH_PROPOSED}


def test_tombstones_travel_on_compacted_topics_only() -> None:
    for kind in EVENT_TYPES.values():
        if kind.tombstone:
            assert TOPICS[kind.topic].compacted, kind.type


def test_every_topic_has_an_owner_and_carries_something() -> None:
    for topic in TOPICS.values():
        assert topic.owner in SERVICES
        assert topic.partitions >= 1
        assert any(kind.topic == topic.name for kind in EVENT_TYPES.values()), topic.name
        assert topic.spec.name == topic.name
        assert topic.spec.compacted == topic.compacted


def test_the_conflicts_are_restricted_and_heard_by_the_matcher_only() -> None:
    assert TOPICS[topics.CONFLICTS].restricted
    for kind in EVENT_TYPES.values():
        if kind.topic == topics.CONFLICTS:
            assert kind.consumers == ("matcher",)


def test_no_field_of_any_event_is_made_for_a_person() -> None:
    """Names, addresses and notes of people stay with their owner; `name` is an organisation's."""
    forbidden = {"email", "phone", "telephone", "note", "notes", "actor", "contact", "person"}
    for type_ in golden_types():
        assert not forbidden & _keys(golden_example(type_)["data"]), type_


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for entry in value.values() for key in _keys(entry)}
    if isinstance(value, list):
        return {key for entry in value for key in _keys(entry)}
    return set()
