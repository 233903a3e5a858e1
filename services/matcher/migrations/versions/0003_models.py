"""What was learned is told with its data, its code and the reason of a decision.

The table of the first migration was never written to, so it is made anew.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("models")
    op.create_table(
        "models",
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("representation", sa.String(200), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("measures", Json, nullable=False),
        sa.Column("code_version", sa.String(200), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("reason", sa.Text),
    )
    op.create_index(
        "models_one_in_use",
        "models",
        ["status"],
        unique=True,
        sqlite_where=sa.text("status = 'in_use'"),
        postgresql_where=sa.text("status = 'in_use'"),
    )


def downgrade() -> None:
    op.drop_table("models")
    op.create_table(
        "models",
        sa.Column("version", sa.String(200), primary_key=True),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("measures", Json, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("accepted_by", sa.String(200)),
    )
