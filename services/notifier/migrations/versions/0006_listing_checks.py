"""Which listings their member was asked about."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_checks",
        sa.Column("listing_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("confirmed_at", UtcDateTime()),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
