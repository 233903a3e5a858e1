"""What coordinators decided and what was learned from it: records, never rebuilt."""

from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text

from services.matcher.store.metadata import CODE, ID, METADATA
from shared.storage import Json, UtcDateTime

verdicts = Table(
    "verdicts",
    METADATA,
    Column("verdict_id", String(36), primary_key=True),
    Column("match_id", String(36), nullable=False, index=True),
    Column("decision", CODE, nullable=False),
    Column("reason_code", CODE),
    Column("note", Text, nullable=False),  # stays here: never in an event
    Column("coordinator_id", ID, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Column("revision", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("features", Json, nullable=False),
    Column("model_version", String(200), nullable=False),
    Column("rules_version", String(200), nullable=False),
)
training_rows = Table(
    "training_rows",
    METADATA,
    Column("source", Text, primary_key=True),  # what it was learned from: one row each
    Column("match_id", String(36), nullable=False, index=True),
    Column("need_id", ID, nullable=False),
    Column("capability_set", Text, nullable=False),
    Column("kind", CODE, nullable=False),  # verdict, answer, outcome
    Column("side", CODE, nullable=False),  # coordinator, needs, brings
    Column("label", Integer, nullable=False),
    Column("reason_code", CODE),
    Column("teaches", CODE, nullable=False),
    Column("features", Json, nullable=False),
    Column("model_version", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
reason_codes = Table(
    "reason_codes",
    METADATA,
    Column("list", CODE, primary_key=True),
    Column("code", CODE, primary_key=True),
    Column("label", Text, nullable=False),
    Column("teaches", CODE, nullable=False),
    Column("cooling_days", Integer, nullable=False),
    Column("for_good", Boolean, nullable=False),
    Column("needs_date", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
)
