"""An index by which needs with nothing happening are counted and listed."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("needs_standing", "needs", ["status", "change", "need_id"])


def downgrade() -> None:
    op.drop_index("needs_standing", "needs")
