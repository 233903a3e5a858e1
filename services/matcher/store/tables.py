"""The matcher's tables. Projection tables can be thrown away and rebuilt; records cannot."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
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

from shared.storage import Json, UtcDateTime, standard_tables

METADATA = MetaData()
STANDARD = standard_tables(METADATA)

_ID = String(200)
_CODE = String(64)


def _known(name: str, key: str, *columns: Column[object]) -> Table:
    """A projection table: whole state, and the change number that refreshes the index by."""
    return Table(
        name,
        METADATA,
        Column(key, _ID, primary_key=True),
        *columns,
        Column("status", _CODE, nullable=False),
        Column("material_version", Integer, nullable=False),
        Column("state", Json),  # null once erased
        Column("event_id", String(36)),
        Column("change", BigInteger, nullable=False, index=True),
    )


def _listing(name: str, key: str, *columns: Column[object]) -> Table:
    return _known(name, key, Column("member_id", _ID, nullable=False, index=True), *columns)


# --- projection: what the matcher knows of the registry ---
members = _known("members", "member_id", Column("name", Text, nullable=False))
conflicts = Table(
    "conflicts",
    METADATA,
    Column("member_id", _ID, primary_key=True),
    Column("conflicts", Json, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
)
capabilities = _listing("capabilities", "capability_id")
needs = _listing("needs", "need_id", Column("partition", Integer, nullable=False))
Index("needs_standing", needs.c.status, needs.c.change, needs.c.need_id)
examined = Table(
    "examined",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("up_to", BigInteger, nullable=False),
    Column("on_day", Date),
)
to_examine = Table(
    "to_examine",
    METADATA,
    Column("need_id", _ID, primary_key=True),
    Column("partition", Integer, nullable=False, index=True),
)
turned_away = Table(  # needs that wanted a member which had enough better proposals
    "turned_away",
    METADATA,
    Column("need_id", _ID, primary_key=True),
    Column("member_id", _ID, primary_key=True, index=True),
)
vectors = Table(
    "vectors",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

# --- records: never rebuilt ---
matches = Table(
    "matches",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("need_id", _ID, nullable=False),
    Column("capability_set", Text, nullable=False),
    Column("capability_ids", Json, nullable=False),
    Column("round", Integer, nullable=False),
    Column("previous_match_id", String(36)),
    Column("opened_by", _CODE, nullable=False),
    Column("origin", _CODE, nullable=False),
    Column("partnership_id", _ID, index=True),
    Column("consortium", Json),
    Column("state", _CODE, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("need", Json, nullable=False),
    Column("capabilities", Json, nullable=False),
    Column("need_version", Integer, nullable=False),
    Column("capability_versions", Json, nullable=False),
    Column("score", Float, nullable=False),
    Column("strength", _CODE, nullable=False),
    Column("features", Json, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("model_version", String(200), nullable=False),
    Column("rules_version", String(200), nullable=False),
    Column("framework", String(200), nullable=False),
    Column("warnings", Json, nullable=False),
    Column("ask_order", _CODE, nullable=False),
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
    Column("hold_code", _CODE),
    Column("hold_since", UtcDateTime),
    Column("hold_until", UtcDateTime),
    Column("hold_by", _ID),
    Column("ending_code", _CODE),
    Column("ending_by", _CODE),
    Column("cooling_off_until", UtcDateTime),
    Column("superseded_by", String(36)),
    Column("last_move", _CODE),
    Column("last_by", _CODE),
    Column("last_actor_id", _ID),
    Column("last_at", UtcDateTime, nullable=False),
)
_OPEN = text("open")
Index(
    "matches_one_open",
    matches.c.need_id,
    matches.c.capability_set,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
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
for _clock in ("expires_at", "effective_at", "lapses_at", "agree_at", "hold_until"):
    Index(
        f"matches_{_clock}",
        matches.c[_clock],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )

parties = Table(
    "parties",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("member_id", _ID, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", _CODE, nullable=False),
    Column("listing_kind", _CODE, nullable=False),
    Column("listing_id", _ID, nullable=False, index=True),
    Column("necessary", Boolean, nullable=False),
    Column("answer", _CODE),
    Column("answered_at", UtcDateTime),
    Column("reason_code", _CODE),
    Column("recorded_by", _CODE),
    Column("text_hash", String(200)),
    Column("reach", _CODE),
    Column("reach_code", _CODE),
    Index("parties_answered", "answered_at", "match_id", "answer", "role"),
)
match_tags = Table(  # what lists are filtered by
    "match_tags",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("kind", _CODE, primary_key=True),  # of proposing/tags.py
    Column("value", _ID, primary_key=True),
    Index("match_tags_of", "kind", "value", "match_id"),
)
match_history = Table(
    "match_history",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", _CODE, nullable=False),  # move, note, late
    Column("move", _CODE, nullable=False),
    Column("from_state", _CODE),
    Column("to_state", _CODE),
    Column("by", _CODE, nullable=False),
    Column("actor_id", _ID),
    Column("code", _CODE),
    Column("event_id", String(36)),  # the event that announced it
    Column("cause_id", String(36)),  # the event that caused it
    Column("details", Json, nullable=False),
    Index("match_history_moves", "move", "match_id"),
)
verdicts = Table(
    "verdicts",
    METADATA,
    Column("verdict_id", String(36), primary_key=True),
    Column("match_id", String(36), nullable=False, index=True),
    Column("decision", _CODE, nullable=False),
    Column("reason_code", _CODE),
    Column("note", Text, nullable=False),  # stays here: never in an event
    Column("coordinator_id", _ID, nullable=False),
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
    Column("need_id", _ID, nullable=False),
    Column("capability_set", Text, nullable=False),
    Column("kind", _CODE, nullable=False),  # verdict, answer, outcome
    Column("side", _CODE, nullable=False),  # coordinator, needs, brings
    Column("label", Integer, nullable=False),
    Column("reason_code", _CODE),
    Column("teaches", _CODE, nullable=False),
    Column("features", Json, nullable=False),
    Column("model_version", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
reservations = Table(
    "reservations",
    METADATA,
    Column("match_id", String(36), primary_key=True),
    Column("kind", _CODE, primary_key=True),
    Column("key", _ID, primary_key=True),
    Column("amount", Integer, nullable=False),
    Column("status", _CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("yearly", Boolean, nullable=False),
    Index("reservations_of", "kind", "key", "status"),
)
pair_memory = Table(
    "pair_memory",
    METADATA,
    Column("need_id", _ID, primary_key=True),
    Column("capability_set", Text, primary_key=True),
    Column("last_match_id", String(36), nullable=False),
    Column("last_round", Integer, nullable=False),
    Column("code", _CODE, nullable=False),
    Column("cooling_until", UtcDateTime, index=True),
    Column("need_version", Integer, nullable=False),
    Column("capability_versions", Json, nullable=False),
)
reason_codes = Table(
    "reason_codes",
    METADATA,
    Column("list", _CODE, primary_key=True),
    Column("code", _CODE, primary_key=True),
    Column("label", Text, nullable=False),
    Column("teaches", _CODE, nullable=False),
    Column("cooling_days", Integer, nullable=False),
    Column("for_good", Boolean, nullable=False),
    Column("needs_date", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
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

KNOWN = (members, conflicts, capabilities, needs, examined, to_examine, turned_away)
"""What `rebuild` empties first. Vectors are a cache and stay."""
