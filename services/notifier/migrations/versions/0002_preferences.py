"""How a person wants to be written to: the digest and the hours without mail."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("contact_id", sa.String(200), primary_key=True),
        sa.Column("member_id", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(10), nullable=False),
        sa.Column("quiet_from", sa.String(5)),
        sa.Column("quiet_until", sa.String(5)),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_index("preferences_member", "preferences", ["member_id"])


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
