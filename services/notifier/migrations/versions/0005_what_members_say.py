"""What members say on their pages: suggested changes, outcomes in detail, wishes to be erased."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _suggestions()
    op.create_table(
        "outcome_details",
        sa.Column("outcome_id", sa.String(200), primary_key=True),
        sa.Column("match_id", sa.String(200), nullable=False),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("measure", sa.String(200)),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_words", sa.LargeBinary()),
        sa.Column("told_at", UtcDateTime, nullable=False),
    )
    op.create_index("outcome_details_match", "outcome_details", ["match_id"])
    op.create_table(
        "erasures",
        sa.Column("contact_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime),
    )
    op.create_index("erasures_open", "erasures", ["done_at", "asked_at"])


def _suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("suggestion_id", sa.String(200), primary_key=True),
        sa.Column("match_id", sa.String(200), nullable=False),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("vault_subject", sa.String(200)),
        sa.Column("sealed_text", sa.LargeBinary()),
        sa.Column("sealed_who", sa.LargeBinary()),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("settled_at", UtcDateTime),
        sa.Column("settled_by", sa.String(20)),
    )
    op.create_index("suggestions_match", "suggestions", ["match_id"])


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
