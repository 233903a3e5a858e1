"""Official figures on places, as they were published."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figures_published",
        sa.Column("dataset", sa.String(64), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("level", sa.String(64), nullable=False),
        sa.Column("published", sa.Date, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("imported_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "figures_of_districts",
        sa.Column("dataset", sa.String(64), primary_key=True),
        sa.Column("district", sa.String(16), primary_key=True),
        sa.Column("hardship", sa.Float, nullable=False),
        sa.Column("measures", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("figures_of_districts")
    op.drop_table("figures_published")
