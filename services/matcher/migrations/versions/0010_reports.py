"""What reports count by: the goal a match counts under, and indexes that hold what is counted, so
that the long rows of matches are not read.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STEPS = ("proposed_at", "approved_at", "asked_at", "agreed_at", "introduced_at", "closed_at")
_REPORTED = ("match_id", "origin", *_STEPS, "state", "ending_code")
_AT_ONCE = 500


def upgrade() -> None:
    op.create_index("matches_reported", "matches", list(_REPORTED))
    for step in _STEPS:
        op.create_index(f"matches_{step}", "matches", [step, "origin", "match_id"])
    op.drop_index("match_tags_of", "match_tags")
    op.create_index("match_tags_of", "match_tags", ["kind", "value", "match_id"])
    op.create_index("match_history_moves", "match_history", ["move", "match_id"])
    op.create_index("parties_answered", "parties", ["answered_at", "match_id", "answer", "role"])
    _tag_first_goals(op.get_bind())


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM match_tags WHERE kind = 'first_goal'"))
    op.drop_index("parties_answered", "parties")
    op.drop_index("match_history_moves", "match_history")
    op.drop_index("match_tags_of", "match_tags")
    op.create_index("match_tags_of", "match_tags", ["kind", "value"])
    for step in _STEPS:
        op.drop_index(f"matches_{step}", "matches")
    op.drop_index("matches_reported", "matches")


def _tag_first_goals(connection: sa.Connection) -> None:
    matches = sa.table("matches", sa.column("match_id"), sa.column("need"))
    tags = sa.table("match_tags", *(sa.column(name) for name in ("match_id", "kind", "value")))
    last = ""
    while True:
        query = sa.select(matches.c.match_id, matches.c.need).where(matches.c.match_id > last)
        found = connection.execute(query.order_by(matches.c.match_id).limit(_AT_ONCE)).all()
        if not found:
            return
        last = found[-1].match_id
        rows = [
            {"match_id": match_id, "kind": "first_goal", "value": str(goals[0])}
            for match_id, need in found
            if (goals := (json.loads(need) if isinstance(need, str) else need).get("goals"))
        ]
        if rows:
            connection.execute(sa.insert(tags), rows)
