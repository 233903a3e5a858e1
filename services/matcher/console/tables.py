"""Tables of the console alone: who may sign in, who is signed in, and the views they saved."""

from sqlalchemy import Column, Index, MetaData, String, Table, Text, UniqueConstraint

from shared.storage import UtcDateTime

METADATA = MetaData()

_ID = String(200)

coordinators = Table(
    "coordinators",
    METADATA,
    Column("coordinator_id", String(36), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),  # case-folded
    Column("name", Text, nullable=False),
    Column("role", String(64), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("password_set_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)
account_links = Table(  # with which somebody sets a password, once
    "account_links",
    METADATA,
    Column("token_hash", String(64), primary_key=True),  # the token itself is in the link alone
    Column("coordinator_id", String(36), nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # used, or replaced by a newer one
)
told_apart = Table(  # looked alike, and a person said that these are two
    "told_apart",
    METADATA,
    Column("kind", String(64), primary_key=True),
    Column("one", _ID, primary_key=True),
    Column("other", _ID, primary_key=True),
    Column("by", _ID),
    Column("at", UtcDateTime, nullable=False),
)
sessions = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),  # the token itself is in the cookie alone
    Column("coordinator_id", String(36), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("sessions_of", "coordinator_id", "ended_at"),
)
saved_views = Table(
    "saved_views",
    METADATA,
    Column("view_id", String(36), primary_key=True),
    Column("coordinator_id", String(36), nullable=False),
    Column("list", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # the address line of the list
    Column("saved_at", UtcDateTime, nullable=False),
    UniqueConstraint("coordinator_id", "list", "name", name="saved_views_names"),
)
