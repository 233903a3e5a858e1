"""Matches and what is recorded of each: records, which are never rebuilt."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from services.matcher.store.metadata import CODE, ID, METADATA
from shared.storage import Json, UtcDateTime

matches = Table(
    "matches",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("need_id", ID, nullable=False),
    Column("capability_set", Text, nullable=False),
    Column("capability_ids", Json, nullable=False),
    Column("round", Integer, nullable=False),
    Column("previous_match_id", String(36)),
    Column("opened_by", CODE, nullable=False),
    Column("origin", CODE, nullable=False),
    Column("partnership_id", ID, index=True),
    Column("consortium", Json),
    Column("state", CODE, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("need", Json, nullable=False),
    Column("capabilities", Json, nullable=False),
    Column("need_version", Integer, nullable=False),
    Column("capability_versions", Json, nullable=False),
    Column("score", Float, nullable=False),
    Column("strength", CODE, nullable=False),
    Column("features", Json, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("model_version", String(200), nullable=False),
    Column("rules_version", String(200), nullable=False),
    Column("framework", String(200), nullable=False),
    Column("warnings", Json, nullable=False),
    Column("ask_order", CODE, nullable=False),
    Column("correlation_id", String(36), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("viewed_at", UtcDateTime),
    Column("approved_at", UtcDateTime),
    Column("effective_at", UtcDateTime),
    Column("asked_at", UtcDateTime),
    Column("lapses_at", UtcDateTime),
    Column("agree_at", UtcDateTime),
    Column("agreed_at", UtcDateTime),
    Column("introduced_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("hold_code", CODE),
    Column("hold_since", UtcDateTime),
    Column("hold_until", UtcDateTime),
    Column("hold_by", ID),
    Column("ending_code", CODE),
    Column("ending_by", CODE),
    Column("cooling_off_until", UtcDateTime),
    Column("superseded_by", String(36)),
    Column("last_move", CODE),
    Column("last_by", CODE),
    Column("last_actor_id", ID),
    Column("last_at", UtcDateTime, nullable=False),
)
_OPEN: dict[str, Any] = {"sqlite_where": text("open = 1"), "postgresql_where": text("open")}
"""In the words of queries for open matches: SQLite uses a partial index for those words alone."""
Index(
    "matches_one_open",
    matches.c.need_id,
    matches.c.capability_set,
    unique=True,
    **_OPEN,
)
Index("matches_state", matches.c.state, matches.c.last_at)
Index("matches_need", matches.c.need_id, matches.c.state)
_STEPS = ("proposed_at", "approved_at", "asked_at", "agreed_at", "introduced_at", "closed_at")
Index(  # all that reports count by, so that they do not read the long rows
    "matches_reported",
    *(matches.c[_name] for _name in ("match_id", "origin", *_STEPS, "state", "ending_code")),
)
for _step in _STEPS:
    Index(f"matches_{_step}", matches.c[_step], matches.c.origin, matches.c.match_id)
_of = matches.c  # the queue in its order, and how many stand where
Index("matches_queue", _of.state, _of.hold_code, _of.score.desc(), _of.match_id)
for _clock in ("effective_at", "agree_at", "hold_until"):
    Index(f"matches_{_clock}", matches.c[_clock], **_OPEN)
for _clock in (
    "expires_at",
    "lapses_at",
):  # of thousands that are in this state, the few that are due
    Index(f"matches_{_clock}", _of.state, _of.hold_code, matches.c[_clock], **_OPEN)

parties = Table(
    "parties",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("member_id", ID, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", CODE, nullable=False),
    Column("listing_kind", CODE, nullable=False),
    Column("listing_id", ID, nullable=False, index=True),
    Column("necessary", Boolean, nullable=False),
    Column("answer", CODE),
    Column("answered_at", UtcDateTime),
    Column("reason_code", CODE),
    Column("recorded_by", CODE),
    Column("text_hash", String(200)),
    Column("reach", CODE),
    Column("reach_code", CODE),
    Index("parties_answered", "answered_at", "match_id", "answer", "role"),
)
match_tags = Table(  # what lists are filtered by
    "match_tags",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("kind", CODE, primary_key=True),  # of proposing/tags.py
    Column("value", ID, primary_key=True),
    Index("match_tags_of", "kind", "value", "match_id"),
)
match_history = Table(
    "match_history",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", CODE, nullable=False),  # move, note, late
    Column("move", CODE, nullable=False),
    Column("from_state", CODE),
    Column("to_state", CODE),
    Column("by", CODE, nullable=False),
    Column("actor_id", ID),
    Column("code", CODE),
    Column("event_id", String(36)),  # the event that announced it
    Column("cause_id", String(36)),  # the event that caused it
    Column("details", Json, nullable=False),
    Index("match_history_moves", "move", "match_id"),
)
reservations = Table(
    "reservations",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("kind", CODE, primary_key=True),
    Column("key", ID, primary_key=True),
    Column("amount", Integer, nullable=False),
    Column("status", CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("yearly", Boolean, nullable=False),
    Index("reservations_of", "kind", "key", "status"),
)
pair_memory = Table(
    "pair_memory",
    METADATA,
    Column("need_id", ID, primary_key=True),
    Column("capability_set", Text, primary_key=True),
    Column("last_match_id", String(36), nullable=False),
    Column("last_round", Integer, nullable=False),
    Column("code", CODE, nullable=False),
    Column("cooling_until", UtcDateTime, index=True),
    Column("need_version", Integer, nullable=False),
    Column("capability_versions", Json, nullable=False),
)
feed = Table(
    "feed",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("match_id", String(36), nullable=False, index=True),
    Column("type", String(200), nullable=False),
    Column("event", Json, nullable=False),
)
