"""Between an event and the bytes of the bus: CloudEvents 1.0, Kafka binary mode (steps 3 and 5).

Decoding is strict, because whatever it lets through is written into a projection: a record is
an event of ours in every detail, or `Malformed` with a reason code, or of a type that is
wholly unknown. Nothing else is ever raised, whatever the bytes. Unknown fields in the data are
kept and tolerated; when an event is sent they are refused, so that nothing private slips out.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from shared.bus.records import Record
from shared.contracts.envelope import (
    MAX_SEQUENCE,
    SPEC_VERSION,
    Event,
    sequence_text,
    wire_time,
)
from shared.contracts.failures import REASONS, Malformed, NotSendable, UnknownType
from shared.contracts.fields import Id, Moment
from shared.contracts.strict_json import NotStrict, parse
from shared.contracts.types import EVENT_TYPES, EventType

__all__ = ["REASONS", "Malformed", "NotSendable", "UnknownType", "check_data", "decode", "encode"]

CONTENT_TYPE = "application/json"


def encode(event: Event) -> Record:
    """The record to publish; raises NotSendable with every problem of the data."""
    kind = EVENT_TYPES.get(event.type)
    if kind is None:
        raise NotSendable(f"unknown event type {event.type!r}; see shared.contracts.types")
    _check_envelope(event, kind)
    subject = event.subject.encode()
    return Record(kind.topic, subject, _value_of(event, kind), tuple(_headers_of(event, kind)))


def decode(record: Record) -> Event:
    """The event; raises Malformed or UnknownType and nothing else."""
    headers = _read_headers(record.headers)
    kind = _kind_of(_need(headers, "ce_type"))
    _check_place(record, headers, kind)
    data = _read_data(record, headers, kind)
    return Event(
        id=_identity(headers, "ce_id"),
        source=kind.source,
        type=kind.type,
        subject=_identity(headers, "ce_subject"),
        time=_read_time(headers),
        sequence=_read_sequence(headers),
        correlation_id=_identity(headers, "ce_correlationid"),
        causation_id=_identity(headers, "ce_causationid") if "ce_causationid" in headers else None,
        data=data,
        traceparent=_read_traceparent(headers),
    )


def check_data(type_: str, data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The data as it would be sent, defaults filled in; raises NotSendable.

    For use cases: unknown fields are refused, at any depth.
    """
    kind = EVENT_TYPES.get(type_)
    if kind is None:
        raise NotSendable(f"unknown event type {type_!r}; see shared.contracts.types")
    if kind.schema is None or data is None:
        if kind.schema is None and data is None:
            return None
        problem = "needs data" if kind.schema else "is a tombstone and takes no data"
        raise NotSendable(f"{type_} {problem}")
    if kind.schema.accepts(data, strict=True):
        return dict(data)
    shape = kind.schema()
    try:
        loaded: dict[str, Any] = shape.load(data)
    except ValidationError as error:
        raise NotSendable(f"{type_}: {error.messages}") from None
    if unknown := shape.unknown_fields(loaded):
        raise NotSendable(f"{type_}: unknown fields {', '.join(sorted(unknown))}")
    return loaded


_IDENTITY = Id()
_MOMENT = Moment()
_SEQUENCE = re.compile(r"[0-9]{20}", re.ASCII)
_VERSION = re.compile(r"\.v[0-9]+$", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_JSON_TYPE = re.compile(
    r"application/json(?:\s*;\s*charset=\"?utf-8\"?)?", re.ASCII | re.IGNORECASE
)
_FAMILIES = frozenset(_VERSION.sub("", name) for name in EVENT_TYPES)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)


def _check_envelope(event: Event, kind: EventType) -> None:
    identities = {
        "id": event.id,
        "subject": event.subject,
        "correlation_id": event.correlation_id,
        "causation_id": event.id if event.causation_id is None else event.causation_id,
    }
    for name, value in identities.items():
        if problem := _IDENTITY.problem(value):
            raise NotSendable(f"{event.type}: {name} {problem}")
    if event.source != kind.source:
        raise NotSendable(f"{event.type} is published by {kind.source}, not by {event.source!r}")
    if not 1 <= event.sequence <= MAX_SEQUENCE:
        raise NotSendable(f"{event.type}: sequence {event.sequence} is not from 1 upwards")
    if event.traceparent is not None and not _TRACEPARENT.fullmatch(event.traceparent):
        raise NotSendable(f"{event.type}: traceparent is not of the W3C form")


def _value_of(event: Event, kind: EventType) -> bytes | None:
    data = check_data(event.type, event.data)
    if data is None:
        return None
    if data[kind.subject_field] != event.subject:
        raise NotSendable(f"{event.type}: {kind.subject_field} is not the subject")
    try:
        return _ENCODER.encode(data).encode("utf-8")
    except UnicodeEncodeError:
        raise NotSendable(f"{event.type}: a text holds half a surrogate pair") from None


def _headers_of(event: Event, kind: EventType) -> list[tuple[str, bytes]]:
    try:
        time = wire_time(event.time)
    except ValueError as error:
        raise NotSendable(f"{event.type}: {error}") from None
    headers = [
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_id", event.id.encode()),
        ("ce_source", kind.source.encode()),
        ("ce_type", kind.type.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_time", time.encode()),
        ("ce_sequence", sequence_text(event.sequence).encode()),
        ("ce_correlationid", event.correlation_id.encode()),
    ]
    if event.causation_id is not None:
        headers.append(("ce_causationid", event.causation_id.encode()))
    if event.traceparent is not None:
        headers.append(("traceparent", event.traceparent.encode()))
    if not kind.tombstone:
        headers.append(("ce_dataschema", kind.dataschema.encode()))
        headers.append(("content-type", CONTENT_TYPE.encode()))
    return headers


def _read_headers(headers: tuple[tuple[str, bytes], ...]) -> dict[str, str]:
    """Ours by name; others, such as a tracer's, pass unread."""
    found: dict[str, str] = {}
    for name, value in headers:
        if not name.startswith("ce_") and name not in _OTHER_HEADERS:
            continue
        if name in found:
            raise Malformed("duplicate_header", name)
        try:
            found[name] = value.decode("utf-8")
        except (UnicodeDecodeError, AttributeError):
            raise Malformed("bad_header", f"{name} is not UTF-8") from None
    if _need(found, "ce_specversion") != SPEC_VERSION:
        raise Malformed("bad_header", f"ce_specversion must be {SPEC_VERSION}")
    return found


_OTHER_HEADERS = frozenset({"content-type", "traceparent"})


def _need(headers: Mapping[str, str], name: str) -> str:
    try:
        return headers[name]
    except KeyError:
        raise Malformed("missing_header", name) from None


def _identity(headers: Mapping[str, str], name: str) -> str:
    value = _need(headers, name)
    if problem := _IDENTITY.problem(value):
        raise Malformed("bad_header", f"{name} {problem}")
    return value


def _kind_of(type_: str) -> EventType:
    kind = EVENT_TYPES.get(type_)
    if kind is not None:
        return kind
    if not type_:
        raise Malformed("bad_header", "ce_type is empty")
    if _VERSION.sub("", type_) in _FAMILIES:
        raise Malformed("unknown_version", f"no schema for {type_[:200]!r}")
    raise UnknownType(type_[:200])


def _check_place(record: Record, headers: Mapping[str, str], kind: EventType) -> None:
    """Right service, right topic, right key: what the order of an entity's events rests on.

    A topic may carry a prefix of the installation's own.
    """
    if _need(headers, "ce_source") != kind.source:
        raise Malformed("wrong_source", f"{kind.type} is published by {kind.source}")
    if not record.topic.endswith(kind.topic):
        raise Malformed("wrong_topic", f"{kind.type} belongs on {kind.topic}")
    if record.key != _need(headers, "ce_subject").encode():
        raise Malformed("wrong_key", "the key is not the event's subject")


def _read_data(
    record: Record, headers: Mapping[str, str], kind: EventType
) -> dict[str, Any] | None:
    if kind.schema is None:
        if record.value is not None:
            raise Malformed("unexpected_data", f"{kind.type} is a tombstone")
        return None
    if record.value is None:
        raise Malformed("missing_data", f"{kind.type} is not a tombstone")
    if not _JSON_TYPE.fullmatch(_need(headers, "content-type")):
        raise Malformed("bad_header", f"content-type must be {CONTENT_TYPE}")
    if _need(headers, "ce_dataschema") != kind.dataschema:
        raise Malformed("wrong_dataschema", f"must be {kind.dataschema}")
    data = _load(record.value, kind)
    if data[kind.subject_field] != headers["ce_subject"]:
        raise Malformed("wrong_subject", f"{kind.subject_field} is not the subject")
    return data


def _load(value: bytes, kind: EventType) -> dict[str, Any]:
    try:
        data = parse(value)
    except NotStrict as error:
        raise Malformed(error.reason_code, error.detail) from None
    if kind.schema is None or kind.schema.accepts(data, strict=False):
        return data  # type: ignore[no-any-return]
    try:
        loaded: dict[str, Any] = kind.schema().load(data)
    except ValidationError as error:
        raise Malformed("broken_schema", json.dumps(error.messages)[:2_000]) from None
    return loaded


def _read_time(headers: Mapping[str, str]) -> datetime:
    value = _need(headers, "ce_time")
    if problem := _MOMENT.problem(value):
        raise Malformed("bad_header", f"ce_time {problem}")
    return datetime.fromisoformat(value).astimezone(UTC)


def _read_sequence(headers: Mapping[str, str]) -> int:
    value = _need(headers, "ce_sequence")
    if not _SEQUENCE.fullmatch(value) or not 1 <= int(value) <= MAX_SEQUENCE:
        raise Malformed("bad_header", "ce_sequence must be 20 digits, from 1 upwards")
    return int(value)


def _read_traceparent(headers: Mapping[str, str]) -> str | None:
    """Tracing is a courtesy: a traceparent that is not one is dropped, not a reason to park."""
    value = headers.get("traceparent", headers.get("ce_traceparent"))
    return value if value is not None and _TRACEPARENT.fullmatch(value) else None
