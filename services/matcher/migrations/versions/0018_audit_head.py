"""Where the audit chain ends, and that its lines are only ever added to."""

from alembic import op

from shared.storage.migrations import make_audit_append_only

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_audit_append_only(op)


def downgrade() -> None:
    raise RuntimeError("records are never thrown away; restore a backup instead")
