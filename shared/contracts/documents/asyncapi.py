"""The AsyncAPI 3 document: the whole coalition's conversation in one machine-readable page."""

from typing import Any

from shared.contracts.documents.schemas import shape_schema, shapes_below
from shared.contracts.golden import golden_example
from shared.contracts.topics import TOPICS, Topic
from shared.contracts.types import EVENT_TYPES, PREFIX, EventType, ShapeClass

VERSION = "1.0.0"
_BINDING_VERSION = "0.5.0"

_DESCRIPTION = """\
Every event of Convene, from a published need to what came of an introduction. Events are
CloudEvents 1.0 in Kafka binary mode: attributes are headers, data is JSON, the key is the subject.
Events of one subject are in order; the same event may come again with the same ce_id. Unknown
fields may be added at any time; an incompatible change is a new type version. No event holds a
person's name, address, telephone number or note."""

_HEADERS: dict[str, dict[str, Any]] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "description": "UUIDv7, the same when an event comes again."},
    "ce_source": {"type": "string", "description": "The service: /registry, /matcher, /notifier."},
    "ce_type": {"type": "string"},
    "ce_subject": {"type": "string", "description": "Id of the entity; also the record's key."},
    "ce_time": {"type": "string", "format": "date-time"},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{20}$",
        "description": "Rises by one for each event of the same source and subject.",
    },
    "ce_correlationid": {"type": "string", "description": "Shared by a whole chain of events."},
    "ce_causationid": {"type": "string", "description": "ce_id of the event that caused it."},
    "ce_dataschema": {"type": "string", "description": "URN of the data's JSON Schema."},
    "traceparent": {"type": "string", "description": "W3C trace context."},
    "content-type": {"type": "string", "const": "application/json"},
}
_ALWAYS = ["ce_correlationid", "ce_id", "ce_sequence", "ce_source", "ce_specversion"]
_ALWAYS += ["ce_subject", "ce_time", "ce_type"]


def short_name(type_: str) -> str:
    """need.published.v1 of org.convene.need.published.v1."""
    return type_.removeprefix(PREFIX)


def asyncapi_document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Convene", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS.values()},
        "operations": _operations(),
        "components": {
            "messages": {short_name(kind.type): _message(kind) for kind in EVENT_TYPES.values()},
            "schemas": {"Headers": _headers_schema(), **_component_schemas()},
        },
    }


def _channel_id(topic: Topic) -> str:
    return topic.name.removeprefix("convene.")


def _types_on(topic: Topic) -> list[EventType]:
    return [kind for kind in EVENT_TYPES.values() if kind.topic == topic.name]


def _channel(topic: Topic) -> dict[str, Any]:
    retention = -1 if topic.retention_seconds is None else topic.retention_seconds * 1_000
    policy = "compact" if topic.compacted else "delete"
    only = " Restricted: only the matcher may read it." if topic.restricted else ""
    return {
        "address": topic.name,
        "description": f"Owned by the {topic.owner}; carries {topic.carries}.{only}",
        "messages": {
            short_name(kind.type): {"$ref": f"#/components/messages/{short_name(kind.type)}"}
            for kind in _types_on(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [policy], "retention.ms": retention},
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


def _operations() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for topic in TOPICS.values():
        kinds = _types_on(topic)
        found[f"{topic.owner}.sends.{_channel_id(topic)}"] = _operation(
            "send", topic, topic.owner, kinds
        )
        for service in sorted({name for kind in kinds for name in kind.consumers}):
            heard = [kind for kind in kinds if service in kind.consumers]
            found[f"{service}.receives.{_channel_id(topic)}"] = _operation(
                "receive", topic, service, heard
            )
    return found


def _operation(action: str, topic: Topic, service: str, kinds: list[EventType]) -> dict[str, Any]:
    channel = f"#/channels/{_channel_id(topic)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"The {service} {action}s what is said on {topic.name}.",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"{channel}/messages/{short_name(kind.type)}"} for kind in kinds],
    }


def _message(kind: EventType) -> dict[str, Any]:
    example = golden_example(kind.type)
    payload: dict[str, Any] = {"type": "null", "description": "A tombstone has no value."}
    if kind.schema is not None:
        payload = _component_ref(kind.schema)
    return {
        "name": kind.type,
        "title": short_name(kind.type),
        "summary": kind.description,
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {"type": "object", "properties": _fixed_headers(kind)},
            ]
        },
        "payload": payload,
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {
            "kafka": {"key": {"type": "string"}, "bindingVersion": _BINDING_VERSION},
        },
        "examples": [_example(example)],
    }


def _fixed_headers(kind: EventType) -> dict[str, Any]:
    fixed = {"ce_type": kind.type, "ce_source": kind.source}
    if not kind.tombstone:
        fixed["ce_dataschema"] = kind.dataschema
    return {name: {"type": "string", "const": value} for name, value in fixed.items()}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": "golden", "headers": example["headers"]}
    if example["data"] is not None:
        shown["payload"] = example["data"]
    return shown


def _component_ref(shape: ShapeClass) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _component_schemas() -> dict[str, Any]:
    outer = {kind.schema for kind in EVENT_TYPES.values() if kind.schema is not None}
    every = outer.union(*(shapes_below(shape) for shape in outer))
    shapes = sorted(every, key=lambda shape: shape.__name__)
    return {shape.__name__: shape_schema(shape, _component_ref) for shape in shapes}


def _headers_schema() -> dict[str, Any]:
    return {"type": "object", "properties": _HEADERS, "required": _ALWAYS}
