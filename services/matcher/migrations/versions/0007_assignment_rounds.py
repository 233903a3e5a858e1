"""Assignment rounds: each run, what it chose, and the choice that holds."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID, CODE, UUID = sa.String(200), sa.String(64), sa.String(36)


def upgrade() -> None:
    op.create_table(
        "assignment_rounds",
        sa.Column("round_id", UUID, primary_key=True),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("status", CODE, nullable=False),
        sa.Column("in_force", sa.Boolean, nullable=False),
        sa.Column("parameters", Json, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", ID),
        sa.Column("model_version", ID, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("promoted_at", UtcDateTime),
        sa.Column("promoted_by", ID),
        sa.Column("promoted_reason", sa.Text),
    )
    op.create_index("ix_assignment_rounds_status", "assignment_rounds", ["status"])
    op.create_index("assignment_rounds_asked", "assignment_rounds", ["asked_at"])
    op.create_table(
        "assignment_choices",
        sa.Column("round_id", UUID, primary_key=True),
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("capability_set", ID, primary_key=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("change", CODE, nullable=False),
    )
    op.create_table(
        "chosen_pairs",
        sa.Column("need_id", ID, primary_key=True),
        sa.Column("capability_set", ID, primary_key=True),
        sa.Column("round_id", UUID, nullable=False),
    )


def downgrade() -> None:
    for table in ("chosen_pairs", "assignment_choices", "assignment_rounds"):
        op.drop_table(table)
