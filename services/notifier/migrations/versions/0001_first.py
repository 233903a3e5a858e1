"""The notifier's tables as they were first."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime
from shared.storage.migrations import create_standard_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_standard_tables(op)
    _matches()
    _messages()
    _answers()
    _exchanges()
    _suppressions()
    _unsubscribes()
    _bounces()
    _outcomes()
    _links()
    _passes()
    _subject_keys()


def _matches() -> None:
    op.create_table(
        "matches",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("correlation_id", sa.String(200), nullable=False),
        sa.Column("held_at", UtcDateTime()),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(200), primary_key=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("match_id", sa.String(200)),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("listing_id", sa.String(200)),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ambiguous_count", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(200)),
        sa.Column("stage", sa.String(20)),
        sa.Column("smtp_code", sa.Integer()),
        sa.Column("code", sa.String(40)),
        sa.Column("mime_id", sa.String(400)),
        sa.Column("return_token", sa.String(40), unique=True),
        sa.Column("recipient_hash", sa.String(64)),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_recipient", sa.LargeBinary()),
        sa.Column("sealed_bytes", sa.LargeBinary()),
        sa.Column("correlation_id", sa.String(200)),
        sa.Column("finished_at", UtcDateTime()),
    )
    op.create_index("messages_mime_id", "messages", ["mime_id"])
    op.create_index("messages_due", "messages", ["state", "due_at"])
    op.create_index("messages_recipient", "messages", ["recipient_hash"])
    op.create_index("messages_match", "messages", ["match_id"])
    op.create_index("messages_member", "messages", ["member_id", "finished_at"])


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("answer_id", sa.String(200), primary_key=True),
        sa.Column("match_id", sa.String(200), nullable=False),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("listing_id", sa.String(200), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False),
        sa.Column("reason_code", sa.String(64)),
        sa.Column("until", sa.String(10)),
        sa.Column("recorded_by", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(200)),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("text_shown", Json, nullable=False),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_note", sa.LargeBinary()),
        sa.Column("sealed_who", sa.LargeBinary()),
        sa.Column("undone_at", UtcDateTime()),
        sa.Column("exchanged_at", UtcDateTime()),
    )
    op.create_index("answers_match", "answers", ["match_id"])


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("member_ids", Json, nullable=False),
        sa.Column("exchanged_at", UtcDateTime()),
        sa.Column("sent_at", UtcDateTime()),
    )
    op.create_index("exchanges_due", "exchanges", ["state", "due_at"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.String(64), primary_key=True),
        sa.Column("scope", sa.String(20), primary_key=True),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
    )


def _unsubscribes() -> None:
    op.create_table(
        "unsubscribes",
        sa.Column("contact_id", sa.String(200), primary_key=True),
        sa.Column("choice", sa.String(20), primary_key=True),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("how", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _bounces() -> None:
    op.create_table(
        "bounces",
        sa.Column("bounce_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20)),
        sa.Column("message_id", sa.String(200)),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("member_id", sa.String(200)),
        sa.Column("received_at", UtcDateTime(), nullable=False),
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("outcome_id", sa.String(200), primary_key=True),
        sa.Column("match_id", sa.String(200), nullable=False),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("ending_code", sa.String(64)),
        sa.Column("goal", sa.Integer()),
        sa.Column("amount", sa.Float()),
        sa.Column("unit", sa.String(200)),
        sa.Column("period", sa.String(200)),
        sa.Column("vouched", sa.Boolean(), nullable=False),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_sentence", sa.LargeBinary()),
        sa.Column("sealed_who", sa.LargeBinary()),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
    )
    op.create_index("outcomes_match", "outcomes", ["match_id"])


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("nonce", sa.String(200), primary_key=True),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("match_id", sa.String(200)),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
    )
    op.create_index("links_message", "links", ["message_id", "purpose"])


def _passes() -> None:
    op.create_table(
        "passes",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), primary_key=True),
        sa.Column("from_contact_id", sa.String(200), primary_key=True),
        sa.Column("to_contact_id", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _subject_keys() -> None:
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
