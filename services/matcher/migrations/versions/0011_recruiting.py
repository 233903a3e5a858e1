"""Which kind of member to recruit next, as it was last worked out."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recruiting",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("feed", sa.BigInteger, nullable=False),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.Column("found_at", UtcDateTime),
        sa.Column("found", Json),
    )


def downgrade() -> None:
    op.drop_table("recruiting")
