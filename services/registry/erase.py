"""What we hold about one person, given out or erased; a member erased whole.

The erasure list lies outside the database, so that it survives the restoring of an old backup and
can be applied again. It holds keyed digests, never an address.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from services.registry.domain.contacts import Contact, email_key
from services.registry.domain.errors import NotFound
from services.registry.domain.listings import LISTING_KINDS
from services.registry.domain.members import Member
from services.registry.keep_contacts import remove_contact
from services.registry.states import tell_listing_erased
from services.registry.store import tables
from services.registry.store.contacts import (
    contacts_by_email,
    contacts_of_members,
    forget_contacts,
    load_contacts,
)
from services.registry.store.imports import forget_changes_of
from services.registry.store.listings import listings_of_member
from services.registry.vault import Vault
from shared.contracts import types
from shared.storage import Work


@dataclass(frozen=True, slots=True)
class ErasureList:
    """One JSON line per erased contact: digests of its id and address, and when."""

    path: Path

    def add(self, vault: Vault, contact: Contact, now: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = {
            "contact": vault.email_digest(f"id:{contact.id}"),
            "email": vault.email_digest(email_key(contact.email)),
            "at": now.isoformat(),
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def entries(self) -> Iterator[dict[str, str]]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield json.loads(line)


def subject_contacts(connection: Connection, vault: Vault, subject: str) -> list[Contact]:
    """Every contact meant by an address or a contact id; raises NotFound when there is none."""
    found = load_contacts(connection, vault, [subject])
    contacts = list(found.values()) or contacts_by_email(connection, vault, subject)
    if not contacts:
        raise NotFound("No contact has this address or id. Check the spelling.")
    return contacts


def subject_data(connection: Connection, contact: Contact) -> dict[str, Any]:
    """Everything the registry holds about a person, readable."""
    audit = tables.standard.audit
    lines = connection.execute(
        select(audit.c.at, audit.c.action, audit.c.details)
        .where(audit.c.subject == contact.id)
        .order_by(audit.c.position)
    )
    return {
        "contact_id": contact.id,
        "member_id": contact.member_id,
        **contact.content,
        "main": contact.main,
        "unsubscribed_at": _moment(contact.unsubscribed_at),
        "unreachable_code": contact.unreachable_code,
        "changed_at": _moment(contact.changed_at),
        "named_by": [
            {"kind": kind, "id": listing_id}
            for kind in LISTING_KINDS
            for listing_id in _named_by(connection, kind, contact.id)
        ],
        "history": [
            {"at": _moment(row.at), "action": row.action, "details": row.details} for row in lines
        ],
    }


def erase_subject(work: Work, vault: Vault, contacts: list[Contact], listed: ErasureList) -> None:
    """Erase these contacts here. The list is written first: better listed twice than forgotten."""
    for contact in contacts:
        listed.add(vault, contact, work.now)
        remove_contact(work, vault, contact)
        forget_changes_of(work.connection, [contact.id])
        work.audit("contact.erased", contact.id)


def erase_again(work: Work, vault: Vault, listed: ErasureList) -> int:
    """After a restore: erase whoever was erased after the backup was made; returns how many."""
    erased = 0
    for entry in listed.entries():
        for contact in _still_here(work.connection, vault, entry):
            remove_contact(work, vault, contact)
            forget_changes_of(work.connection, [contact.id])
            work.audit("contact.erased", contact.id, {"again": True})
            erased += 1
    return erased


def erase_member(
    work: Work, vault: Vault, member: Member, listed: ErasureList | None = None
) -> None:
    """Remove a member and all that is its own; on the bus tombstones take its place.

    Its people are put on the list, if one is given, before they are erased.
    """
    connection = work.connection
    for kind in LISTING_KINDS:
        table = tables.LISTINGS[kind]
        for listing in listings_of_member(connection, kind, member.id):
            connection.execute(delete(table).where(table.c.id == listing.id))
            if listing.published_at is not None:
                tell_listing_erased(work, kind, listing.id)
    held = contacts_of_members(connection, vault, [member.id]).get(member.id, [])
    if listed is not None:
        for contact in held:
            listed.add(vault, contact, work.now)
    forget_contacts(connection, [contact.id for contact in held])
    forget_changes_of(connection, [contact.id for contact in held])
    _forget_partnerships(connection, member.id)
    connection.execute(delete(tables.members).where(tables.members.c.id == member.id))
    work.publish(types.CONFLICT_ERASED, member.id, None)
    work.publish(types.MEMBER_ERASED, member.id, None)
    work.audit("member.erased", member.id)


def _forget_partnerships(connection: Connection, member_id: str) -> None:
    table = tables.partnerships
    rows = connection.execute(select(table.c.id, table.c.member_ids)).all()
    ids = [row.id for row in rows if member_id in row.member_ids]
    connection.execute(delete(table).where(table.c.id.in_(ids)))


def _still_here(connection: Connection, vault: Vault, entry: dict[str, str]) -> list[Contact]:
    erased_at = datetime.fromisoformat(entry["at"])
    table = tables.contacts
    ids = connection.execute(
        select(table.c.id).where(
            table.c.email_digest == entry["email"], table.c.changed_at <= erased_at
        )
    ).scalars()
    return list(load_contacts(connection, vault, list(ids), lock=True).values())


def _named_by(connection: Connection, kind: str, contact_id: str) -> list[str]:
    table = tables.LISTINGS[kind]
    query = select(table.c.id).where(table.c.contact_id == contact_id).order_by(table.c.id)
    return list(connection.execute(query).scalars())


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
