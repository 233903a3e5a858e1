"""Contact lines of a batch. Their values never leave the vault, not even in what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import contacts as domain
from services.registry.domain.contacts import Contact
from services.registry.domain.errors import AlreadyExists, Invalid, Problem
from services.registry.domain.members import Member
from services.registry.domain.provenance import fingerprints
from services.registry.importing.batch import Batch, Entry
from services.registry.keep_contacts import demote, refuse_same_address
from services.registry.store.contacts import contact_members, contacts_of_members


@dataclass(slots=True)
class ContactChanges:
    """Contacts to write, and every contact of the members concerned as they will be."""

    new: list[Contact] = field(default_factory=list)
    changed: list[Contact] = field(default_factory=list)
    by_member: dict[str, list[Contact]] = field(default_factory=dict)
    before: Mapping[str, Contact] = field(default_factory=dict)


def take_contacts(
    batch: Batch, entries: Sequence[Entry], members: Mapping[str, Member]
) -> ContactChanges:
    """Decide on the contact lines of members that are there (or come in this batch)."""
    connection = batch.work.connection
    held = contacts_of_members(connection, batch.vault, {entry.member_id for entry in entries})
    owners = contact_members(connection, [entry.id for entry in entries])
    before = {contact.id: contact for contacts in held.values() for contact in contacts}
    after: dict[str, Contact] = dict(before)
    for entry in entries:
        try:
            _check_owner(batch, entry, owners.get(entry.id), members.get(entry.member_id))
            others = [c for c in after.values() if c.member_id == entry.member_id]
            after.update(_take(batch, entry, before.get(entry.id), others))
        except (Invalid, AlreadyExists) as error:
            batch.refuse_for(entry, error)
    return _changes(before, after)


def _changes(before: Mapping[str, Contact], after: Mapping[str, Contact]) -> ContactChanges:
    changes = ContactChanges(before=before)
    for contact in after.values():
        changes.by_member.setdefault(contact.member_id, []).append(contact)
        if contact.id not in before:
            changes.new.append(contact)
        elif contact != before[contact.id]:
            changes.changed.append(contact)
    return changes


def _check_owner(batch: Batch, entry: Entry, owner: str | None, member: Member | None) -> None:
    if member is None:
        why = batch.facts.why_unknown("member", entry.member_id)
        raise Invalid("member", [Problem("member", entry.member_id, why)])
    if member.status == "withdrawn":
        message = "has withdrawn; invite the member again first"
        raise Invalid("member", [Problem("member", entry.member_id, message)])
    if owner is not None and owner != entry.member_id:
        message = f"is a contact of member {owner}; choose another id"
        raise Invalid("id", [Problem("id", entry.id, message)])


def _take(
    batch: Batch, entry: Entry, before: Contact | None, others: Sequence[Contact]
) -> dict[str, Contact]:
    """The contacts that this line adds or changes, by id."""
    content = kept_content("contact", entry.content, batch.rules)
    offered: dict[str, Any] = dict(content)
    if entry.fields.get("main"):
        offered["main"] = True
    if before is None:
        contact = Contact(
            id=entry.id,
            member_id=entry.member_id,
            content=content,
            main=bool(offered.get("main")) or not others,
            changed_at=batch.work.now,
            imported=fingerprints(offered),
        )
        refuse_same_address(contact, others)
        batch.deed(entry, "added")
        return {contact.id: contact, **_demoted(others, contact)}
    return _merged(batch, entry, before, offered, others)


def _merged(
    batch: Batch,
    entry: Entry,
    before: Contact,
    offered: Mapping[str, Any],
    others: Sequence[Contact],
) -> dict[str, Contact]:
    current = {**before.content, "main": before.main}
    merge = batch.merge(entry, current, before.imported, offered)
    content = dict(merge.content)
    main = bool(content.pop("main"))
    after = domain.changed(before, content, main=main, now=batch.work.now)
    batch.deed(entry, "changed" if after else "unchanged")
    after = replace(after or before, imported=merge.imported)
    refuse_same_address(after, others)
    return {after.id: after, **_demoted(others, after)}


def _demoted(others: Sequence[Contact], contact: Contact) -> dict[str, Contact]:
    if not contact.main:
        return {}
    return {other.id: other for other in demote(others, contact)}
