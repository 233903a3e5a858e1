"""What a match of several capabilities says beside one of a pair; null for pairs."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matches", sa.Column("consortium", Json))


def downgrade() -> None:
    op.drop_column("matches", "consortium")
