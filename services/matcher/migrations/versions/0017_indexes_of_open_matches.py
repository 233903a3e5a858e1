"""Partial indexes of open matches in the words of the queries, or SQLite reads every match; what
expires or lapses is found by its state too, in which thousands of others may be.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CLOCKS = ("expires_at", "effective_at", "lapses_at", "agree_at", "hold_until")
BY_STATE = ("expires_at", "lapses_at")


def upgrade() -> None:
    for clock in CLOCKS:
        before = ["state", "hold_code"] if clock in BY_STATE else []
        _again(f"matches_{clock}", [*before, clock], "open = 1")
    _again("matches_one_open", ["need_id", "capability_set"], "open = 1", unique=True)


def downgrade() -> None:
    for clock in CLOCKS:
        _again(f"matches_{clock}", [clock], "open")
    _again("matches_one_open", ["need_id", "capability_set"], "open", unique=True)


def _again(name: str, columns: list[str], in_sqlite: str, *, unique: bool = False) -> None:
    op.drop_index(name, "matches")
    op.create_index(
        name,
        "matches",
        columns,
        unique=unique,
        sqlite_where=sa.text(in_sqlite),
        postgresql_where=sa.text("open"),
    )
