"""What members say on their pages besides answers; of one metadata with the other tables."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from services.notifier.store.tables import metadata
from shared.storage.columns import UtcDateTime

_ID = 200

#: What a party would like changed before it answers. The match waits while one is open.
suggestions = Table(
    "suggestions",
    metadata,
    Column("suggestion_id", String(_ID), primary_key=True),
    Column("match_id", String(_ID), nullable=False),
    Column("member_id", String(_ID), nullable=False),
    Column("contact_id", String(_ID)),
    Column("about", String(20), nullable=False),
    Column("vault_subject", String(_ID)),
    Column("sealed_text", LargeBinary),
    Column("sealed_who", LargeBinary),
    Column("made_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(20)),
    Index("suggestions_match", "match_id"),
)

#: What came of it in detail, beside the outcome it belongs to: against one measure of its goal.
outcome_details = Table(
    "outcome_details",
    metadata,
    Column("outcome_id", String(_ID), primary_key=True),
    Column("match_id", String(_ID), nullable=False),
    Column("member_id", String(_ID), nullable=False),
    Column("contact_id", String(_ID)),
    Column("measure", String(200)),
    Column("vault_subject", String(_ID)),
    Column("sealed_words", LargeBinary),
    Column("told_at", UtcDateTime, nullable=False),
    Index("outcome_details_match", "match_id"),
)

#: Who asked to be erased. Carried out at once, or when no match that asked them is open any more.
erasures = Table(
    "erasures",
    metadata,
    Column("contact_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("erasures_open", "done_at", "asked_at"),
)

#: Complaints about how personal data is used, sealed under a key of each one's own.
complaints = Table(
    "complaints",
    metadata,
    Column("complaint_id", String(_ID), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("how", String(20), nullable=False),
    Column("contact_id", String(_ID)),
    Column("member_id", String(_ID)),
    Column("sealed_words", LargeBinary),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(_ID)),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String(_ID)),
    Column("outcome", String(20)),
    Index("complaints_open", "closed_at", "received_at"),
)
