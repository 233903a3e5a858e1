"""The people of a member: added, changed, removed. Nothing about them is ever published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import contacts as domain
from services.registry.domain.contacts import Contact, email_key
from services.registry.domain.errors import AlreadyExists, Problem
from services.registry.domain.rules import Rules
from services.registry.found import find_member, publishing_member, shown
from services.registry.register import refresh_can_be_asked
from services.registry.store.contacts import (
    contact_members,
    contacts_of_members,
    forget_contacts,
    save_contacts,
)
from services.registry.vault import Vault
from shared.storage import Work

RULES = Rules()  # nothing about a person is screened


def add_contact(
    work: Work, vault: Vault, contact: Contact, *, within: str | None = None
) -> Contact:
    """Add a person of a member; the first one is the main contact whatever was said."""
    member = publishing_member(work.connection, contact.member_id, within)
    if contact_members(work.connection, [contact.id]):
        raise AlreadyExists(
            f"id: a contact {shown(contact.id)} exists already; choose another id",
            [Problem("id", contact.id, "is taken by another contact")],
        )
    others = contacts_of_members(work.connection, vault, [member.id]).get(member.id, [])
    refuse_same_address(contact, others)
    contact = replace(contact, content=kept_content("contact", contact.content, RULES))
    contact = replace(contact, main=contact.main or not others)
    demoted = demote(others, contact) if contact.main else []
    save_contacts(work.connection, vault, [contact], demoted)
    refresh_can_be_asked(work, member)
    work.audit("contact.added", contact.id, {"member_id": member.id})
    return contact


def contact_with_address(work: Work, vault: Vault, member_id: str, email: str) -> Contact | None:
    """The member's contact with this address, if it has one."""
    held = contacts_of_members(work.connection, vault, [member_id]).get(member_id, [])
    return next((c for c in held if email_key(c.email) == email_key(email)), None)


def change_contact(
    work: Work, vault: Vault, contact: Contact, content: Mapping[str, Any], *, main: bool
) -> Contact:
    """Replace what is held about a person; nothing is written when nothing changes.

    A corrected address clears an earlier bounce, so the person can be asked again.
    """
    after = domain.changed(
        contact, kept_content("contact", content, RULES), main=main, now=work.now
    )
    if after is None:
        return contact
    held = contacts_of_members(work.connection, vault, [after.member_id])
    others = [other for other in held.get(after.member_id, []) if other.id != after.id]
    refuse_same_address(after, others)
    after = replace(after, main=after.main or not any(other.main for other in others))
    demoted = demote(others, after) if after.main else []
    save_contacts(work.connection, vault, [], [after, *demoted])
    member = find_member(work.connection, after.member_id, lock=True)
    refresh_can_be_asked(work, member)
    work.audit("contact.changed", after.id, {"version": after.version})
    return after


def remove_contact(work: Work, vault: Vault, contact: Contact) -> None:
    """Erase a person: the key first. The next contact by id becomes the main one."""
    forget_contacts(work.connection, [contact.id])
    held = contacts_of_members(work.connection, vault, [contact.member_id])
    others = held.get(contact.member_id, [])
    if contact.main and others:
        heir = replace(others[0], main=True, version=others[0].version + 1, changed_at=work.now)
        save_contacts(work.connection, vault, [], [heir])
    member = find_member(work.connection, contact.member_id, lock=True)
    refresh_can_be_asked(work, member)
    work.audit("contact.removed", contact.id, {"member_id": contact.member_id})


def demote(others: Sequence[Contact], main: Contact) -> list[Contact]:
    """The others that were main until now, as they are from now on."""
    return [
        replace(other, main=False, version=other.version + 1, changed_at=main.changed_at)
        for other in others
        if other.main and other.id != main.id
    ]


def refuse_same_address(contact: Contact, others: Sequence[Contact]) -> None:
    """A member has a person once, or the two copies would drift apart."""
    for other in others:
        if other.id != contact.id and email_key(other.email) == email_key(contact.email):
            raise AlreadyExists(
                f"email: contact {other.id} of this member has this address already; change that one",
                [Problem("email", contact.email, f"is already the address of contact {other.id}")],
            )
