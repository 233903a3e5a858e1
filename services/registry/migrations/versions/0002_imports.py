"""Imports remember how columns are read, which rows were not taken, and what they changed."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("imports", sa.Column("faulty", sa.LargeBinary()))
    op.create_index("ix_imports_requested_at", "imports", ["requested_at"])
    op.create_table(
        "import_changes",
        sa.Column(
            "import_id",
            sa.String(36),
            sa.ForeignKey("imports.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("subject", sa.String(200), primary_key=True, index=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.LargeBinary()),
    )
    op.create_table(
        "import_mappings",
        sa.Column("headings", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("import_mappings")
    op.drop_table("import_changes")
    op.drop_index("ix_imports_requested_at", "imports")
    op.drop_column("imports", "faulty")
