"""The public CloudEvents library reads our messages, and we read its.

An independent reader: whoever uses it in another service sees what we meant.
"""

import json
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, from_kafka, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.bus.records import Record
from shared.contracts.codec import decode, encode
from shared.contracts.envelope import sequence_text, structured, wire_time
from shared.contracts.golden import golden_record, golden_types
from shared.contracts.types import EVENT_TYPES

WITH_DATA = [name for name in golden_types() if not EVENT_TYPES[name].tombstone]


def message_of(record: Record) -> KafkaMessage:
    assert record.value is not None
    return KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)


@pytest.mark.parametrize("type_", WITH_DATA)
def test_the_public_library_reads_what_we_send(type_: str) -> None:
    event = decode(golden_record(type_))
    read: Any = from_binary(message_of(encode(event)), JSONFormat(), CloudEvent)
    assert read.get_id() == event.id
    assert read.get_source() == event.source
    assert read.get_type() == event.type
    assert read.get_subject() == event.subject
    assert read.get_time() == event.time
    assert read.get_specversion() == "1.0"
    assert read.get_datacontenttype() == "application/json"
    assert read.get_dataschema() == EVENT_TYPES[type_].dataschema
    assert read.get_extension("sequence") == sequence_text(event.sequence)
    assert read.get_extension("correlationid") == event.correlation_id
    assert read.get_extension("causationid") == event.causation_id
    assert read.get_extension("partitionkey") == event.subject
    assert read.get_data() == event.data


@pytest.mark.parametrize("type_", WITH_DATA)
def test_it_takes_our_messages_for_binary_mode(type_: str) -> None:
    read: Any = from_kafka(message_of(golden_record(type_)), JSONFormat())
    assert read.get_type() == type_


@pytest.mark.parametrize("type_", WITH_DATA)
def test_we_read_what_the_public_library_sends(type_: str) -> None:
    event = decode(golden_record(type_))
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "dataschema": EVENT_TYPES[type_].dataschema,
        "datacontenttype": "application/json",
        "sequence": sequence_text(event.sequence),
        "correlationid": event.correlation_id,
    }
    if event.causation_id is not None:
        attributes["causationid"] = event.causation_id
    if event.traceparent is not None:
        attributes["traceparent"] = event.traceparent
    sent = to_binary(
        CloudEvent(attributes, dict(event.data or {})),
        JSONFormat(),
        key_mapper=lambda _: event.subject.encode(),
    )
    assert isinstance(sent.key, bytes)
    topic = EVENT_TYPES[type_].topic
    record = Record(topic, sent.key, sent.value, tuple(sent.headers.items()))
    assert decode(record) == event


@pytest.mark.parametrize("type_", WITH_DATA)
def test_it_reads_the_json_form_for_consumers_without_kafka(type_: str) -> None:
    event = decode(golden_record(type_))
    read: Any = JSONFormat().read(None, json.dumps(structured(event)).encode())
    assert read.get_id() == event.id
    assert read.get_data() == event.data
    assert read.get_time() == datetime.fromisoformat(wire_time(event.time))
