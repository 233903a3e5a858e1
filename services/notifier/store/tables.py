"""Every table of the notifier. What a person wrote or is called is in `sealed_` columns only."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
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

metadata = MetaData()
standard = standard_tables(metadata)

_ID = 200

#: The whole state of each match as its last event told it. Its row is the lock of its answers.
matches = Table(
    "matches",
    metadata,
    Column("match_id", String(_ID), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("data", Json, nullable=False),
    Column("correlation_id", String(_ID), nullable=False),
    Column("held_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
)

#: The ledger: one row is one email to one person.
messages = Table(
    "messages",
    metadata,
    Column("message_id", String(_ID), primary_key=True),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("match_id", String(_ID)),
    Column("member_id", String(_ID), nullable=False),
    Column("listing_id", String(_ID)),
    Column("contact_id", String(_ID)),
    Column("attempt", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ambiguous_count", Integer, nullable=False),
    Column("claim", String(_ID)),
    Column("stage", String(20)),
    Column("smtp_code", Integer),
    Column("code", String(40)),
    Column("mime_id", String(400)),
    Column("return_token", String(40), unique=True),
    Column("recipient_hash", String(64)),
    Column("vault_subject", String(_ID)),
    Column("sealed_recipient", LargeBinary),
    Column("sealed_bytes", LargeBinary),
    Column("correlation_id", String(_ID)),
    Column("finished_at", UtcDateTime),
    Index("messages_due", "state", "due_at"),
    Index("messages_match", "match_id"),
    Index("messages_member", "member_id", "finished_at"),
    Index("messages_mime_id", "mime_id"),
    Index("messages_recipient", "recipient_hash"),
)

#: Every answer ever given; the one that stands is the last one not undone.
answers = Table(
    "answers",
    metadata,
    Column("answer_id", String(_ID), primary_key=True),
    Column("match_id", String(_ID), nullable=False),
    Column("member_id", String(_ID), nullable=False),
    Column("listing_id", String(_ID), nullable=False),
    Column("contact_id", String(_ID)),
    Column("attempt", Integer, nullable=False),
    Column("answer", String(10), nullable=False),
    Column("reason_code", String(64)),
    Column("until", String(10)),
    Column("recorded_by", String(20), nullable=False),
    Column("actor", String(_ID)),
    Column("given_at", UtcDateTime, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("text_shown", Json, nullable=False),
    Column("vault_subject", String(_ID)),
    Column("sealed_note", LargeBinary),
    Column("sealed_who", LargeBinary),
    Column("undone_at", UtcDateTime),
    Column("exchanged_at", UtcDateTime),
    Index("answers_match", "match_id"),
)

#: One introduction per match: waiting for its moment, exchanged, sent, or refused by a rule.
exchanges = Table(
    "exchanges",
    metadata,
    Column("match_id", String(_ID), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text),
    Column("member_ids", Json, nullable=False),
    Column("exchanged_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Index("exchanges_due", "state", "due_at"),
)

#: Addresses never to be mailed (for `scope`), by their HMAC; kept after an erasure.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("scope", String(20), primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

unsubscribes = Table(
    "unsubscribes",
    metadata,
    Column("contact_id", String(_ID), primary_key=True),
    Column("choice", String(20), primary_key=True),
    Column("member_id", String(_ID), nullable=False),
    Column("how", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

#: How a person wants to be written to; without a row, every kind of mail at any hour.
#: `digest` is none, weekly or monthly; the quiet hours are local times (`22:00`), both or neither.
preferences = Table(
    "preferences",
    metadata,
    Column("contact_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), nullable=False),
    Column("digest", String(10), nullable=False),
    Column("quiet_from", String(5)),
    Column("quiet_until", String(5)),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("preferences_member", "member_id"),
)

bounces = Table(
    "bounces",
    metadata,
    Column("bounce_id", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("status", String(20)),
    Column("message_id", String(_ID)),
    Column("contact_id", String(_ID)),
    Column("member_id", String(_ID)),
    Column("received_at", UtcDateTime, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("outcome_id", String(_ID), primary_key=True),
    Column("match_id", String(_ID), nullable=False),
    Column("member_id", String(_ID), nullable=False),
    Column("contact_id", String(_ID)),
    Column("stage", String(20), nullable=False),
    Column("ending_code", String(64)),
    Column("goal", Integer),
    Column("amount", Float),
    Column("unit", String(200)),
    Column("period", String(200)),
    Column("vouched", Boolean, nullable=False),
    Column("vault_subject", String(_ID)),
    Column("sealed_sentence", LargeBinary),
    Column("sealed_who", LargeBinary),
    Column("reported_at", UtcDateTime, nullable=False),
    Index("outcomes_match", "match_id"),
)

#: The nonces of signed links, so that one can be withdrawn and knows whom it was sent to.
links = Table(
    "links",
    metadata,
    Column("nonce", String(_ID), primary_key=True),
    Column("purpose", String(20), nullable=False),
    Column("message_id", String(_ID), nullable=False),
    Column("match_id", String(_ID)),
    Column("member_id", String(_ID), nullable=False),
    Column("contact_id", String(_ID)),
    Column("attempt", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index("links_message", "message_id", "purpose"),
)

#: "Not me": who was asked instead. One row per person who passed the question on.
passes = Table(
    "passes",
    metadata,
    Column("match_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), primary_key=True),
    Column("from_contact_id", String(_ID), primary_key=True),
    Column("to_contact_id", String(_ID), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

#: The words a coalition chose for its emails: every version, the newest of each email counts.
wordings = Table(
    "wordings",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("opening", Text, nullable=False),
    Column("closing", Text, nullable=False),
    Column("sign_off", Text, nullable=False),
    Column("actor", String(_ID)),
    Column("made_at", UtcDateTime, nullable=False),
)

#: What a coordinator wrote into the approach of one party instead of the usual words; the match's
#: id carries its round. Empty words: the usual ones, after somebody went back to them.
own_words = Table(
    "own_words",
    metadata,
    Column("match_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sealed_words", LargeBinary),
    Column("edited_by", String(_ID)),
    Column("edited_at", UtcDateTime, nullable=False),
)

#: What a coordinator asked one party, and what came back; the match does not move for it.
questions = Table(
    "questions",
    metadata,
    Column("match_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("question_id", String(_ID), nullable=False, unique=True),
    Column("message_id", String(_ID), nullable=False),
    Column("member", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("sealed_text", LargeBinary),
    Column("asked_by", String(_ID)),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("contact_id", String(_ID)),
    Column("vault_subject", String(_ID)),
    Column("sealed_answer", LargeBinary),
    Column("sealed_who", LargeBinary),
    Column("answered_at", UtcDateTime),
    Column("read_by", String(_ID)),
    Column("read_at", UtcDateTime),
    Index("questions_answered", "answered_at", "read_at"),
)

#: Which listings their member was asked about, and the confirmation that was too old then.
listing_checks = Table(
    "listing_checks",
    metadata,
    Column("listing_id", String(_ID), primary_key=True),
    Column("member_id", String(_ID), nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("asked_at", UtcDateTime, nullable=False),
)

#: One key per person, itself encrypted; deleting the row erases all their sealed columns.
subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subject", String(_ID), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
