"""Complaints about how personal data is used, and what became of each."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("complaint_id", sa.String(200), primary_key=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("how", sa.String(20), nullable=False),
        sa.Column("contact_id", sa.String(200)),
        sa.Column("member_id", sa.String(200)),
        sa.Column("sealed_words", sa.LargeBinary()),
        sa.Column("acknowledged_at", UtcDateTime()),
        sa.Column("acknowledged_by", sa.String(200)),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("outcome", sa.String(20)),
    )
    op.create_index("complaints_open", "complaints", ["closed_at", "received_at"])


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
