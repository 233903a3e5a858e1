"""The tables that every service has, under the same names."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from shared.storage.columns import Json, UtcDateTime

_serial = BigInteger().with_variant(Integer(), "sqlite")


@dataclass(frozen=True, slots=True)
class StandardTables:
    outbox: Table
    inbox: Table
    positions: Table
    parked: Table
    sequences: Table
    idempotency_keys: Table
    audit: Table
    audit_head: Table
    rate_limits: Table
    counters: Table


def _outbox(metadata: MetaData) -> Table:
    """Events and tombstones waiting for the relay; a published row keeps its place for a while."""
    table = Table(
        "outbox",
        metadata,
        Column("position", _serial, primary_key=True, autoincrement=True),
        Column("event_id", String(36), nullable=False, unique=True),
        Column("topic", String(200), nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("value", LargeBinary),
        Column("headers", Json, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("published_at", UtcDateTime),
    )
    # Selected by `published_at IS NULL`: on PostgreSQL the order of a sequence is not the order
    # of commits, so "position > last" would skip rows.
    Index(
        "outbox_unpublished",
        table.c.position,
        sqlite_where=text("published_at IS NULL"),
        postgresql_where=text("published_at IS NULL"),
    )
    return table


def _inbox(metadata: MetaData) -> Table:
    """The last sequence applied of each subject: what is older or equal was seen before.

    Keyed by topic and not by source: a source that speaks of one subject on two topics (a member
    and its conflicts) gives no order between them, and neither may hide the other.
    """
    return Table(
        "inbox",
        metadata,
        Column("topic", String(200), primary_key=True),
        Column("subject", String(200), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("event_id", String(36), nullable=False),
        Column("applied_at", UtcDateTime, nullable=False),
    )


def _positions(metadata: MetaData) -> Table:
    return Table(
        "positions",
        metadata,
        Column("consumer_group", String(100), primary_key=True),
        Column("topic", String(200), primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next_offset", BigInteger, nullable=False),
    )


def _parked(metadata: MetaData) -> Table:
    """Dead letters, raw, with where they came from and why they could not be handled."""
    return Table(
        "parked",
        metadata,
        Column("id", String(36), primary_key=True),
        Column("consumer_group", String(100), nullable=False),
        Column("topic", String(200), nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("value", LargeBinary),
        Column("headers", Json, nullable=False),
        Column("event_type", String(200)),
        Column("reason", Text, nullable=False),
        Column("version", String(50), nullable=False),
        Column("parked_at", UtcDateTime, nullable=False),
        Column("state", String(20), nullable=False),
        Column("closed_at", UtcDateTime),
        Index("parked_open_key", "consumer_group", "topic", "key", "state"),
    )


def _audit(metadata: MetaData) -> Table:
    """Each line with the hash of the one before it; no line is ever changed (`audit.py`)."""
    return Table(
        "audit",
        metadata,
        Column("position", _serial, primary_key=True, autoincrement=True),
        Column("at", UtcDateTime, nullable=False),
        Column("actor", String(200), nullable=False),
        Column("action", String(100), nullable=False),
        Column("subject", String(200), nullable=False),
        Column("details", Json, nullable=False),
        Column("previous_hash", String(64), nullable=False),
        Column("hash", String(64), nullable=False),
    )


def standard_tables(metadata: MetaData) -> StandardTables:
    """The standard tables, added to `metadata`; each service calls this once in its store."""
    return StandardTables(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        positions=_positions(metadata),
        parked=_parked(metadata),
        sequences=Table(
            "sequences",
            metadata,
            Column("topic", String(200), primary_key=True),
            Column("subject", String(200), primary_key=True),
            Column("last", BigInteger, nullable=False),
            Column("event_id", String(36), nullable=False),
            Column("published_at", UtcDateTime, nullable=False),
        ),
        idempotency_keys=Table(
            "idempotency_keys",
            metadata,
            Column("principal", String(200), primary_key=True),
            Column("key", String(200), primary_key=True),
            Column("request_hash", String(64), nullable=False),
            Column("status", Integer),
            Column("body", LargeBinary),
            Column("headers", Json),
            Column("created_at", UtcDateTime, nullable=False),
        ),
        audit=_audit(metadata),
        audit_head=Table(  # one row, once there is a line
            "audit_head",
            metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("lines", BigInteger, nullable=False),
            Column("hash", String(64), nullable=False),
        ),
        rate_limits=Table(
            "rate_limits",
            metadata,
            Column("bucket", String(300), primary_key=True),
            Column("tokens", Float, nullable=False),
            Column("refilled_at", UtcDateTime, nullable=False),
        ),
        counters=Table(
            "counters",
            metadata,
            Column("name", String(100), primary_key=True),
            Column("value", BigInteger, nullable=False),
        ),
    )
