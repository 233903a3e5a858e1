"""Mail stopped by a restore, and what was sent in the time that the restore forgot."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_stops",
        sa.Column("stopped_at", UtcDateTime(), primary_key=True),
        sa.Column("lifted_at", UtcDateTime()),
    )
    op.create_table(
        "sent_before",
        sa.Column("message_id", sa.String(200), primary_key=True),
        sa.Column("fate", sa.String(20), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
