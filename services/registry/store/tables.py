"""The registry's tables.

Members and listings keep their fields as one document shaped like the coalition file (decision
0060); the columns beside it are what is looked up, ordered or filtered by.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from shared.storage.columns import Json, UtcDateTime
from shared.storage.tables import standard_tables

ID = String(200)

metadata = MetaData()
standard = standard_tables(metadata)

members = Table(
    "members",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(300), nullable=False),
    Column("name_key", String(300), nullable=False, index=True),
    Column("sector", String(50), nullable=False, index=True),
    Column("status", String(20), nullable=False, index=True),
    Column("can_be_asked", Boolean, nullable=False),
    Column("content", Json, nullable=False),
    Column("places_typed", Json, nullable=False),
    Column("imported", Json, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("material_version", Integer, nullable=False),
    Column("conflicts_version", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

member_places = Table(
    "member_places",
    metadata,
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("place", String(20), primary_key=True, index=True),
)

member_identifiers = Table(
    "member_identifiers",
    metadata,
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("scheme", String(200), primary_key=True),
    Column("value_key", String(200), nullable=False),
    Index("member_identifiers_value", "scheme", "value_key"),
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("other_member_id", ID),
    Column("sector", String(50)),
    Column("code", String(64), nullable=False),
    Column("until", Date),
)

# The vault: personal data only as ciphertext under a key of its own, which `contact_keys` holds
# wrapped. Deleting the key's row makes every copy of the ciphertext unreadable.
contacts = Table(
    "contacts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("main", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("email_digest", String(64), nullable=False, index=True),
    Column("can_be_asked", Boolean, nullable=False),
    Column("unsubscribed_at", UtcDateTime),
    Column("unreachable_code", String(64)),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

contact_keys = Table(
    "contact_keys",
    metadata,
    Column("contact_id", ID, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
)


def _listings(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", ID, primary_key=True),
        Column("member_id", ForeignKey("members.id"), nullable=False, index=True),
        Column("contact_id", ID),
        Column("title", String(300), nullable=False),
        Column("status", String(20), nullable=False, index=True),
        Column("closed_code", String(50)),
        Column("last_day", Date),
        Column("content", Json, nullable=False),
        Column("material", Json, nullable=False),
        Column("places_typed", Json, nullable=False),
        Column("imported", Json, nullable=False),
        Column("search_text", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("material_version", Integer, nullable=False),
        Column("published_at", UtcDateTime),
        Column("confirmed_at", UtcDateTime, index=True),
        Column("created_at", UtcDateTime, nullable=False),
        Column("changed_at", UtcDateTime, nullable=False),
    )


def _listing_values(name: str, listings: Table, value: Column[str] | Column[int]) -> Table:
    return Table(
        name,
        metadata,
        Column("listing_id", ForeignKey(listings.c.id, ondelete="CASCADE"), primary_key=True),
        value,
    )


capabilities = _listings("capabilities")
needs = _listings("needs")
capability_places = _listing_values(
    "capability_places", capabilities, Column("place", String(20), primary_key=True, index=True)
)
need_places = _listing_values(
    "need_places", needs, Column("place", String(20), primary_key=True, index=True)
)
capability_goals = _listing_values(
    "capability_goals", capabilities, Column("goal", Integer, primary_key=True, index=True)
)
need_goals = _listing_values(
    "need_goals", needs, Column("goal", Integer, primary_key=True, index=True)
)
LISTINGS = {"capability": capabilities, "need": needs}
LISTING_PLACES = {"capability": capability_places, "need": need_places}
LISTING_GOALS = {"capability": capability_goals, "need": need_goals}

partnerships = Table(
    "partnerships",
    metadata,
    Column("id", ID, primary_key=True),
    Column("need_id", ID),
    Column("text", Text),
    Column("member_ids", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("since", Date, nullable=False),
    Column("goals", Json, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("format", String(20), nullable=False),
    Column("options", Json, nullable=False),
    # The uploaded bytes, sealed because contact lines are in them; emptied when the import ends.
    Column("body", LargeBinary),
    Column("requested_by", String(200), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime),
    Column("counts", Json, nullable=False),
    Column("failure", Text),
    # The cells of the rows that were not taken, sealed as the upload was; forgotten with it.
    Column("faulty", LargeBinary),
)

import_findings = Table(
    "import_findings",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sort", String(20), nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", String(20)),
    Column("subject", ID),
    Column("field", String(200)),
    Column("value", Text),
    Column("message", Text, nullable=False),
)

# What an import wrote, so that it can be undone: the version it left, and what was there before,
# sealed because contacts are among it; null for what was not there.
import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("subject", ID, primary_key=True, index=True),
    Column("version", Integer, nullable=False),
    Column("before", LargeBinary),
)

# How the columns of a sheet with these headings were read last time.
import_mappings = Table(
    "import_mappings",
    metadata,
    Column("headings", String(64), primary_key=True),  # a digest of them
    Column("kind", String(20), nullable=False),
    Column("columns", Json, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), index=True),
    Column("label", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
