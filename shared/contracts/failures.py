"""Why a record is not an event of ours, or an event may not be sent."""

REASONS: dict[str, str] = {
    "missing_header": "a header that every event has is not there",
    "duplicate_header": "a header is there twice",
    "bad_header": "a header's value is not UTF-8, empty, too long or not of its form",
    "unknown_version": "the type is known, this version of it is not: deploy the consumer first",
    "wrong_source": "the type is published by another service",
    "wrong_topic": "the type belongs on another topic",
    "wrong_key": "the record's key is not the event's subject",
    "wrong_subject": "the data is about another entity than the subject",
    "wrong_dataschema": "the header names another schema than the type has",
    "missing_data": "the record has no value, but its type is not a tombstone",
    "unexpected_data": "the record has a value, but its type is a tombstone",
    "bad_utf8": "the value is not UTF-8",
    "bad_json": "the value is not JSON",
    "not_finite": "the value holds NaN, Infinity or a number too large",
    "duplicate_key": "an object in the value has the same key twice",
    "too_deep": "the value is nested deeper than 32 levels",
    "bad_text": "a text holds NUL or half a surrogate pair",
    "broken_schema": "the data breaks the schema of its type",
}


class Malformed(ValueError):
    """The record is not an event of ours, and trying again will not make it one.

    `reason_code` is one of REASONS; `detail` names the header or field and never quotes data.
    """

    def __init__(self, reason_code: str, detail: str) -> None:
        super().__init__(f"{reason_code}: {detail}")
        self.reason_code = reason_code
        self.detail = detail


class UnknownType(ValueError):
    """A CloudEvent of a type that is not ours: to be skipped and counted."""

    def __init__(self, type_: str) -> None:
        super().__init__(f"unknown event type {type_!r}")
        self.type = type_


class NotSendable(ValueError):
    """The event breaks its own contract; a bug of the service that wanted to publish it."""
