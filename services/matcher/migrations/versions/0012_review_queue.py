"""The review queue: whom a need is for as a tag, one coordinator's saved views, and an index that
holds the queue in its order.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_matches = sa.table("matches", sa.column("match_id"), sa.column("need_id"))
_needs = sa.table("needs", sa.column("need_id"), sa.column("state", Json))
_tags = sa.table("match_tags", sa.column("match_id"), sa.column("kind"), sa.column("value"))
_AT_ONCE = 500


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("view_id", sa.String(36), primary_key=True),
        sa.Column("coordinator_id", sa.String(36), nullable=False),
        sa.Column("list", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("coordinator_id", "list", "name", name="saved_views_names"),
    )
    columns = ["state", "hold_code", sa.text("score DESC"), "match_id"]
    op.create_index("matches_queue", "matches", columns)
    _tag_beneficiaries()


def downgrade() -> None:
    op.execute(_tags.delete().where(_tags.c.kind == "stage"))
    op.drop_index("matches_queue", "matches")
    op.drop_table("saved_views")


def _tag_beneficiaries() -> None:
    """Matches made before are found by whom their need is for, as it is known today."""
    connection, last = op.get_bind(), ""
    while True:
        rows = connection.execute(
            sa.select(_matches.c.match_id, _needs.c.state)
            .join(_needs, _needs.c.need_id == _matches.c.need_id)
            .where(_matches.c.match_id > last)
            .order_by(_matches.c.match_id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].match_id
        tags = [
            {"match_id": match_id, "kind": "stage", "value": value}
            for match_id, state in rows
            for value in sorted(set((state or {}).get("beneficiaries") or ()))
        ]
        if tags:
            connection.execute(_tags.insert(), tags)
