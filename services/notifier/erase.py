"""Forget a person or a member on the registry's word, and hand over what we hold about one.

Forgetting destroys the person's key, so that everything sealed with it is gone wherever a copy
lies; the ledger's line, the codes and the HMAC of the address stay.
"""

import json
from base64 import b64encode
from dataclasses import asdict
from typing import Any

from sqlalchemy import or_, select, update

from services.notifier.complaints import complaints_of
from services.notifier.complaints import words_of as complaint_words
from services.notifier.domain.messages import Kind
from services.notifier.invite import stop_mailing_member
from services.notifier.store.details import details_of
from services.notifier.store.ledger import cancel_unsent, forget_bytes
from services.notifier.store.suggestions import words_of
from services.notifier.store.tables import answers, messages, outcomes, own_words, questions
from services.notifier.store.tables_of_pages import outcome_details, suggestions
from services.notifier.store.vault import Vault
from services.notifier.store.wishes import (
    EVERYTHING,
    forget_preferences,
    preference_of,
    revoke_links,
    suppress,
    unsubscribed_choices,
)
from services.notifier.store.written import questions_answered_by
from shared.contracts.envelope import Event, wire_time
from shared.storage import Work

_WITH_WORDS = (answers, outcomes, outcome_details, suggestions, questions)


def erase_subject(
    work: Work, vault: Vault, contact_id: str, address_hash: str | None
) -> list[str | None]:
    """Erase what we hold about a contact; the Message-ID of each email that was erased, None for
    one that never left.

    Introductions of others that name this person are erased too. The address stays suppressed.
    """
    ids = _messages_naming(work, contact_id, address_hash)
    mime_ids = select(messages.c.mime_id).where(messages.c.message_id.in_(ids))
    sent = list(work.connection.execute(mime_ids).scalars())
    forget_bytes(work.connection, ids)
    vault.forget(work.connection, contact_id)
    for table in _WITH_WORDS:
        sealed = [c.name for c in table.c if c.name.startswith("sealed_")]
        work.connection.execute(
            update(table)
            .where(table.c.contact_id == contact_id)
            .values(**dict.fromkeys(sealed), vault_subject=None)
        )
    revoke_links(work.connection, contact_id, work.now)
    forget_preferences(work.connection, contact_id=contact_id)
    cancel_unsent(work.connection, work.now, contact_id=contact_id)
    if address_hash is not None:
        suppress(work.connection, address_hash, EVERYTHING, "erasure", work.now)
    work.audit("subject.erased", contact_id, {"messages": len(ids)})
    return sent


def export_subject(
    work: Work, vault: Vault, contact_id: str, address_hash: str | None
) -> dict[str, Any]:
    """Everything we hold about a contact, readable: messages, answers, questions, outcomes."""
    found: dict[str, Any] = {"contact_id": contact_id, "messages": [], "answers": []}
    query = select(messages).where(_about(contact_id, address_hash))
    for row in work.connection.execute(query.order_by(messages.c.planned_at)):
        raw = vault.open(work.connection, row.vault_subject, row.sealed_bytes)
        found["messages"].append(
            {
                "message_id": row.message_id,
                "kind": row.kind,
                "match_id": row.match_id,
                "state": row.state,
                "finished_at": wire_time(row.finished_at) if row.finished_at else None,
                "rfc822_base64": b64encode(raw).decode() if raw else None,
            }
        )
    for row in work.connection.execute(select(answers).where(answers.c.contact_id == contact_id)):
        note = vault.open(work.connection, row.vault_subject, row.sealed_note)
        who = vault.open(work.connection, row.vault_subject, row.sealed_who)
        found["answers"].append(
            {
                "match_id": row.match_id,
                "answer": row.answer,
                "reason_code": row.reason_code,
                "given_at": wire_time(row.given_at),
                "note": note.decode() if note else "",
                "who": json.loads(who) if who else {},
                "text_shown": row.text_shown,
            }
        )
    found["questions"] = _questions(work, vault, contact_id)
    found["outcomes"] = _outcomes(work, vault, contact_id)
    found["suggestions"] = _suggestions(work, vault, contact_id)
    found["complaints"] = _complaints(work, vault, contact_id)
    found["stopped_mail"] = sorted(unsubscribed_choices(work.connection, contact_id))
    found["preferences"] = asdict(preference_of(work.connection, contact_id))
    work.audit("subject.exported", contact_id)
    return found


def forget_member(work: Work, event: Event) -> None:
    """A member was erased in the registry: the words of all its people go."""
    stop_mailing_member(work, event)
    member_id = event.subject
    where = messages.c.member_id == member_id
    ids = list(work.connection.execute(select(messages.c.message_id).where(where)).scalars())
    forget_bytes(work.connection, ids)
    for table in (*_WITH_WORDS, own_words):
        sealed = [c.name for c in table.c if c.name.startswith("sealed_")]
        work.connection.execute(
            update(table).where(table.c.member_id == member_id).values(**dict.fromkeys(sealed))
        )
    forget_preferences(work.connection, member_id=member_id)
    work.audit("member.forgotten", member_id, {"messages": len(ids)})


def _about(contact_id: str, address_hash: str | None) -> Any:
    mine = messages.c.contact_id == contact_id
    if address_hash is None:
        return mine
    return or_(mine, messages.c.recipient_hash == address_hash)


def _messages_naming(work: Work, contact_id: str, address_hash: str | None) -> list[str]:
    """The person's own mail, and every copy of an introduction that named them."""
    mine = _about(contact_id, address_hash)
    ids = set(work.connection.execute(select(messages.c.message_id).where(mine)).scalars())
    introduced = select(messages.c.match_id).where(
        messages.c.contact_id == contact_id, messages.c.kind == Kind.INTRODUCTION.value
    )
    copies = select(messages.c.message_id).where(
        messages.c.kind == Kind.INTRODUCTION.value, messages.c.match_id.in_(introduced)
    )
    ids.update(work.connection.execute(copies).scalars())
    return sorted(ids)


def _questions(work: Work, vault: Vault, contact_id: str) -> list[dict[str, Any]]:
    """The questions this person answered; those they did not are among the messages."""
    return [
        {
            "match_id": one.match_id,
            "question": one.text,
            "answer": one.answer,
            "who": dict(one.who),
            "answered_at": wire_time(one.answered_at) if one.answered_at else None,
        }
        for one in questions_answered_by(work.connection, vault, contact_id)
    ]


def _suggestions(work: Work, vault: Vault, contact_id: str) -> list[dict[str, Any]]:
    query = select(suggestions).where(suggestions.c.contact_id == contact_id)
    found = []
    for row in work.connection.execute(query.order_by(suggestions.c.made_at)):
        text, who = words_of(work.connection, vault, row)
        made_at = wire_time(row.made_at)
        found.append({"match_id": row.match_id, "made_at": made_at, "text": text, "who": who})
    return found


def _complaints(work: Work, vault: Vault, contact_id: str) -> list[dict[str, Any]]:
    return [
        {
            "received_at": wire_time(row.received_at),
            "acknowledged_at": wire_time(row.acknowledged_at) if row.acknowledged_at else None,
            "closed_at": wire_time(row.closed_at) if row.closed_at else None,
            "outcome": row.outcome,
            **complaint_words(work.connection, vault, row),
        }
        for row in complaints_of(work.connection, contact_id)
    ]


def _outcomes(work: Work, vault: Vault, contact_id: str) -> list[dict[str, Any]]:
    rows = work.connection.execute(select(outcomes).where(outcomes.c.contact_id == contact_id))
    details = details_of(work.connection, vault, outcome_details.c.contact_id == contact_id)
    found = []
    for row in rows:
        sentence = vault.open(work.connection, row.vault_subject, row.sealed_sentence)
        found.append(
            {
                "match_id": row.match_id,
                "stage": row.stage,
                "reported_at": wire_time(row.reported_at),
                "sentence": sentence.decode() if sentence else "",
                "details": details.get(row.outcome_id),
            }
        )
    return found
