"""Quiet periods, and how much of them each match has been given."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quiet_periods",
        sa.Column("period_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("nation", sa.String(10), nullable=False),
        sa.Column("first_day", sa.String(10), nullable=False),
        sa.Column("last_day", sa.String(10), nullable=False, index=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by", sa.String(200)),
        sa.Column("removed_at", UtcDateTime()),
        sa.Column("removed_by", sa.String(200)),
    )
    op.create_table(
        "quiet_counted",
        sa.Column("match_id", sa.String(200), primary_key=True),
        sa.Column("until", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("quiet_counted")
    op.drop_table("quiet_periods")
