"""Tables of assignment rounds: each run with its figures, what it chose, what holds now."""

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from services.matcher.store.metadata import CODE, ID, METADATA
from shared.storage import Json, UtcDateTime

assignment_rounds = Table(
    "assignment_rounds",
    METADATA,
    Column("round_id", String(36), primary_key=True),
    Column("kind", CODE, nullable=False),  # live, what_if
    Column("status", CODE, nullable=False, index=True),  # waiting, running, done, failed
    Column("in_force", Boolean, nullable=False),  # the live one whose choice holds
    Column("parameters", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", ID),
    Column("model_version", String(200), nullable=False),
    Column("phase", Text, nullable=False),
    Column("progress", Float, nullable=False),  # 0 to 1
    Column("figures", Json, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("promoted_at", UtcDateTime),
    Column("promoted_by", ID),
    Column("promoted_reason", Text),
    Index("assignment_rounds_asked", "asked_at"),
)
assignment_choices = Table(  # what a run chose, and what it would have given up
    "assignment_choices",
    METADATA,
    Column("round_id", String(36), primary_key=True),
    Column("need_id", ID, primary_key=True),
    Column("capability_set", ID, primary_key=True),
    Column("member_id", ID, nullable=False),
    Column("score", Float, nullable=False),
    Column("change", CODE, nullable=False),  # kept, gained, lost
)
chosen_pairs = Table(  # the choice that holds: proposing puts these first
    "chosen_pairs",
    METADATA,
    Column("need_id", ID, primary_key=True),
    Column("capability_set", ID, primary_key=True),
    Column("round_id", String(36), nullable=False),
)
