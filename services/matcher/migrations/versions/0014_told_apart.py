"""Pairs that look like one thing entered twice, and are two."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_apart",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("one", sa.String(200), primary_key=True),
        sa.Column("other", sa.String(200), primary_key=True),
        sa.Column("by", sa.String(200)),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("told_apart")
