"""An event as the code holds it, between the outbox, the bus and a handler.

The names follow CloudEvents 1.0 with the sequence, correlation and tracing extensions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SPEC_VERSION = "1.0"
SEQUENCE_DIGITS = 20
MAX_SEQUENCE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `sequence` rises by one for each event of the same (source, subject), from 1. `data` is
    JSON-shaped (times are strings); None is a tombstone, the only kind of event without data.
    `correlation_id` is shared by everything one beginning led to; `causation_id` is the id of
    the event that caused this one, None where a person or a clock did.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    correlation_id: str
    causation_id: str | None
    data: Mapping[str, Any] | None
    traceparent: str | None = None


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z; raises ValueError for a time without zone."""
    if moment.tzinfo is None:
        raise ValueError(
            f"{moment.isoformat()} has no time zone; take the time from a Clock, which is in UTC"
        )
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """The moment in UTC of a time in an event's data, which the schema has checked."""
    return datetime.fromisoformat(text).astimezone(UTC)


def sequence_text(sequence: int) -> str:
    """Padded, so that sorting texts sorts numbers, as the CloudEvents extension asks."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def structured(event: Event) -> dict[str, Any]:
    """The event in the CloudEvents JSON format, for consumers that have no Kafka."""
    document: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": wire_time(event.time),
        "sequence": sequence_text(event.sequence),
        "correlationid": event.correlation_id,
    }
    if event.causation_id is not None:
        document["causationid"] = event.causation_id
    if event.traceparent is not None:
        document["traceparent"] = event.traceparent
    if event.data is not None:
        document["dataschema"] = f"urn:convene:schema:{event.type}"
        document["datacontenttype"] = "application/json"
        document["data"] = dict(event.data)
    return document
