"""The matcher's first tables: what it knows, matches and what they hold, what was learned."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime
from shared.storage.migrations import create_standard_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID, CODE, UUID = sa.String(200), sa.String(64), sa.String(36)
OPEN = sa.text("open")


def upgrade() -> None:
    create_standard_tables(op)
    _create_knowledge()
    _create_matches()
    _create_learning()
    _create_feed()


def _create_knowledge() -> None:
    op.create_table(
        "members",
        sa.Column("member_id", ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("material_version", sa.Integer, nullable=False),
        sa.Column("state", Json),
        sa.Column("event_id", UUID),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_members_change", "members", ["change"])
    op.create_table(
        "conflicts",
        sa.Column("member_id", ID, primary_key=True),
        sa.Column("conflicts", Json, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_conflicts_change", "conflicts", ["change"])
    op.create_table(
        "capabilities",
        sa.Column("capability_id", ID, primary_key=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("material_version", sa.Integer, nullable=False),
        sa.Column("state", Json),
        sa.Column("event_id", UUID),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_capabilities_change", "capabilities", ["change"])
    op.create_index("ix_capabilities_member_id", "capabilities", ["member_id"])
    op.create_table(
        "needs",
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("material_version", sa.Integer, nullable=False),
        sa.Column("state", Json),
        sa.Column("event_id", UUID),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_needs_change", "needs", ["change"])
    op.create_index("ix_needs_member_id", "needs", ["member_id"])
    op.create_table(
        "examined",
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("up_to", sa.BigInteger, nullable=False),
        sa.Column("on_day", sa.Date),
    )
    op.create_table(
        "to_examine",
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("partition", sa.Integer, nullable=False),
    )
    op.create_index("ix_to_examine_partition", "to_examine", ["partition"])
    op.create_table(
        "turned_away",
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("member_id", ID, primary_key=True),
    )
    op.create_index("ix_turned_away_member_id", "turned_away", ["member_id"])
    op.create_table(
        "vectors",
        sa.Column("key", ID, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def _create_matches() -> None:
    op.create_table(
        "matches",
        sa.Column("match_id", UUID, primary_key=True),
        sa.Column("need_id", ID, nullable=False),
        sa.Column("capability_set", sa.Text, nullable=False),
        sa.Column("capability_ids", Json, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("previous_match_id", UUID),
        sa.Column("opened_by", CODE, nullable=False),
        sa.Column("origin", CODE, nullable=False),
        sa.Column("partnership_id", ID),
        sa.Column("state", CODE, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("need", Json, nullable=False),
        sa.Column("capabilities", Json, nullable=False),
        sa.Column("need_version", sa.Integer, nullable=False),
        sa.Column("capability_versions", Json, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("strength", CODE, nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("rules_version", ID, nullable=False),
        sa.Column("framework", ID, nullable=False),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("ask_order", CODE, nullable=False),
        sa.Column("correlation_id", UUID, nullable=False),
        sa.Column("proposed_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("viewed_at", UtcDateTime),
        sa.Column("approved_at", UtcDateTime),
        sa.Column("effective_at", UtcDateTime),
        sa.Column("asked_at", UtcDateTime),
        sa.Column("lapses_at", UtcDateTime),
        sa.Column("agree_at", UtcDateTime),
        sa.Column("agreed_at", UtcDateTime),
        sa.Column("introduced_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("hold_code", CODE),
        sa.Column("hold_since", UtcDateTime),
        sa.Column("hold_until", UtcDateTime),
        sa.Column("hold_by", ID),
        sa.Column("ending_code", CODE),
        sa.Column("ending_by", CODE),
        sa.Column("cooling_off_until", UtcDateTime),
        sa.Column("superseded_by", UUID),
        sa.Column("last_move", CODE),
        sa.Column("last_by", CODE),
        sa.Column("last_actor_id", ID),
        sa.Column("last_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_matches_partnership_id", "matches", ["partnership_id"])
    op.create_index(
        "matches_agree_at", "matches", ["agree_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(
        "matches_effective_at",
        "matches",
        ["effective_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "matches_expires_at", "matches", ["expires_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(
        "matches_hold_until", "matches", ["hold_until"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(
        "matches_lapses_at", "matches", ["lapses_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("matches_need", "matches", ["need_id", "state"])
    op.create_index(
        "matches_one_open",
        "matches",
        ["need_id", "capability_set"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("matches_state", "matches", ["state", "last_at"])
    op.create_table(
        "parties",
        sa.Column("match_id", UUID, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", CODE, nullable=False),
        sa.Column("listing_kind", CODE, nullable=False),
        sa.Column("listing_id", ID, nullable=False),
        sa.Column("necessary", sa.Boolean, nullable=False),
        sa.Column("answer", CODE),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("reason_code", CODE),
        sa.Column("recorded_by", CODE),
        sa.Column("text_hash", ID),
        sa.Column("reach", CODE),
        sa.Column("reach_code", CODE),
    )
    op.create_index("ix_parties_listing_id", "parties", ["listing_id"])
    op.create_index("ix_parties_member_id", "parties", ["member_id"])
    op.create_table(
        "match_tags",
        sa.Column("match_id", UUID, primary_key=True),
        sa.Column("kind", CODE, primary_key=True),
        sa.Column("value", ID, primary_key=True),
    )
    op.create_index("match_tags_of", "match_tags", ["kind", "value"])
    op.create_table(
        "match_history",
        sa.Column("match_id", UUID, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("move", CODE, nullable=False),
        sa.Column("from_state", CODE),
        sa.Column("to_state", CODE),
        sa.Column("by", CODE, nullable=False),
        sa.Column("actor_id", ID),
        sa.Column("code", CODE),
        sa.Column("event_id", UUID),
        sa.Column("cause_id", UUID),
        sa.Column("details", Json, nullable=False),
    )
    op.create_table(
        "reservations",
        sa.Column("match_id", UUID, primary_key=True),
        sa.Column("kind", CODE, primary_key=True),
        sa.Column("key", ID, primary_key=True),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("yearly", sa.Boolean, nullable=False),
    )
    op.create_index("reservations_of", "reservations", ["kind", "key", "status"])
    op.create_table(
        "pair_memory",
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("capability_set", sa.Text, primary_key=True),
        sa.Column("last_match_id", UUID, nullable=False),
        sa.Column("last_round", sa.Integer, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("cooling_until", UtcDateTime),
        sa.Column("need_version", sa.Integer, nullable=False),
        sa.Column("capability_versions", Json, nullable=False),
    )
    op.create_index("ix_pair_memory_cooling_until", "pair_memory", ["cooling_until"])


def _create_learning() -> None:
    op.create_table(
        "verdicts",
        sa.Column("verdict_id", UUID, primary_key=True),
        sa.Column("match_id", UUID, nullable=False),
        sa.Column("decision", CODE, nullable=False),
        sa.Column("reason_code", CODE),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("coordinator_id", ID, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("undone_at", UtcDateTime),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("rules_version", ID, nullable=False),
    )
    op.create_index("ix_verdicts_match_id", "verdicts", ["match_id"])
    op.create_table(
        "training_rows",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("match_id", UUID, nullable=False),
        sa.Column("need_id", ID, nullable=False),
        sa.Column("capability_set", sa.Text, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("side", CODE, nullable=False),
        sa.Column("label", sa.Integer, nullable=False),
        sa.Column("reason_code", CODE),
        sa.Column("teaches", CODE, nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_training_rows_match_id", "training_rows", ["match_id"])
    op.create_table(
        "reason_codes",
        sa.Column("list", CODE, primary_key=True),
        sa.Column("code", CODE, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("teaches", CODE, nullable=False),
        sa.Column("cooling_days", sa.Integer, nullable=False),
        sa.Column("for_good", sa.Boolean, nullable=False),
        sa.Column("needs_date", sa.Boolean, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_table(
        "models",
        sa.Column("version", ID, primary_key=True),
        sa.Column("status", CODE, nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("measures", Json, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("accepted_by", ID),
    )


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", UUID, nullable=False, unique=True),
        sa.Column("match_id", UUID, nullable=False),
        sa.Column("type", ID, nullable=False),
        sa.Column("event", Json, nullable=False),
    )
    op.create_index("ix_feed_match_id", "feed", ["match_id"])
