"""What coordinators write to members: an approach in their own words, and questions."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_words",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary()),
        sa.Column("edited_by", sa.String(200)),
        sa.Column("edited_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "questions",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("question_id", sa.String(200), nullable=False, unique=True),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary()),
        sa.Column("asked_by", sa.String(200)),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_answer", sa.LargeBinary()),
        sa.Column("sealed_who", sa.LargeBinary()),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("read_by", sa.String(200)),
        sa.Column("read_at", UtcDateTime),
    )
    op.create_index("questions_answered", "questions", ["answered_at", "read_at"])


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
