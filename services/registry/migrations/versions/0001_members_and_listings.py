"""The registry's first tables."""

import sqlalchemy as sa
from alembic import op

from shared.storage.columns import Json, UtcDateTime
from shared.storage.migrations import create_standard_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(200)


def upgrade() -> None:
    create_standard_tables(op)
    _create_members()
    _create_contacts()
    for plural, singular in (("capabilities", "capability"), ("needs", "need")):
        _create_listings(plural)
        _create_listing_values(plural, f"{singular}_places", sa.Column("place", sa.String(20)))
        _create_listing_values(plural, f"{singular}_goals", sa.Column("goal", sa.Integer()))
    _create_partnerships()
    _create_imports()
    _create_api_keys()


def _of_member(primary_key: bool = False) -> sa.Column:
    key = sa.ForeignKey("members.id", ondelete="CASCADE")
    return sa.Column("member_id", ID, key, primary_key=primary_key, nullable=False)


def _create_members() -> None:
    op.create_table(
        "members",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("name_key", sa.String(300), nullable=False, index=True),
        sa.Column("sector", sa.String(50), nullable=False, index=True),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("can_be_asked", sa.Boolean(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("places_typed", Json, nullable=False),
        sa.Column("imported", Json, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("conflicts_version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "member_places",
        _of_member(primary_key=True),
        sa.Column("place", sa.String(20), primary_key=True, index=True),
    )
    op.create_table(
        "member_identifiers",
        _of_member(primary_key=True),
        sa.Column("scheme", sa.String(200), primary_key=True),
        sa.Column("value_key", sa.String(200), nullable=False),
    )
    op.create_index("member_identifiers_value", "member_identifiers", ["scheme", "value_key"])
    op.create_table(
        "conflicts",
        _of_member(primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("other_member_id", ID),
        sa.Column("sector", sa.String(50)),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("until", sa.Date()),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("member_id", ID, sa.ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_digest", sa.String(64), nullable=False, index=True),
        sa.Column("can_be_asked", sa.Boolean(), nullable=False),
        sa.Column("unsubscribed_at", UtcDateTime),
        sa.Column("unreachable_code", sa.String(64)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_contacts_member_id", "contacts", ["member_id"])
    op.create_table(
        "contact_keys",
        sa.Column("contact_id", ID, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
    )


def _create_listings(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", ID, primary_key=True),
        sa.Column("member_id", ID, sa.ForeignKey("members.id"), nullable=False, index=True),
        sa.Column("contact_id", ID),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("closed_code", sa.String(50)),
        sa.Column("last_day", sa.Date()),
        sa.Column("content", Json, nullable=False),
        sa.Column("material", Json, nullable=False),
        sa.Column("places_typed", Json, nullable=False),
        sa.Column("imported", Json, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("published_at", UtcDateTime),
        sa.Column("confirmed_at", UtcDateTime, index=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )


def _create_listing_values(listings: str, name: str, value: sa.Column) -> None:
    key = sa.ForeignKey(f"{listings}.id", ondelete="CASCADE")
    op.create_table(
        name,
        sa.Column("listing_id", ID, key, primary_key=True),
        sa.Column(value.name, value.type, primary_key=True, index=True),
    )


def _create_partnerships() -> None:
    op.create_table(
        "partnerships",
        sa.Column("id", ID, primary_key=True),
        sa.Column("need_id", ID),
        sa.Column("text", sa.Text()),
        sa.Column("member_ids", Json, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("goals", Json, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
    )


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("format", sa.String(20), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("requested_by", sa.String(200), nullable=False),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("counts", Json, nullable=False),
        sa.Column("failure", sa.Text()),
    )
    op.create_table(
        "import_findings",
        sa.Column(
            "import_id",
            sa.String(36),
            sa.ForeignKey("imports.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("sort", sa.String(20), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20)),
        sa.Column("subject", ID),
        sa.Column("field", sa.String(200)),
        sa.Column("value", sa.Text()),
        sa.Column("message", sa.Text(), nullable=False),
    )


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("member_id", ID, sa.ForeignKey("members.id", ondelete="CASCADE"), index=True),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
