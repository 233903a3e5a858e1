"""What each match was scored from, so that it can be made again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "match_inputs",
        sa.Column("match_id", sa.String(36), primary_key=True),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("match_inputs")
