"""What scoring made of each listing, so that a worker starts without reading every text again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_rows",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("listing_id", sa.String(200), primary_key=True),
        sa.Column("row", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("listing_rows")
