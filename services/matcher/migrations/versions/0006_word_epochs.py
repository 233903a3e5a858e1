"""Word weights counted over the coalition, an epoch a row."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word_epochs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("listings", sa.Integer, nullable=False),
        sa.Column("texts", sa.Integer, nullable=False),
        sa.Column("usual_length", sa.Double, nullable=False),
        sa.Column("stem_columns", sa.LargeBinary, nullable=False),
        sa.Column("stem_counts", sa.LargeBinary, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("word_epochs")
