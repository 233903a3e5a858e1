"""Rows of the vault: contacts go in and out sealed, each under a key of its own."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from services.registry.domain.contacts import Contact, email_key
from services.registry.store import tables
from services.registry.store.rows import chunks, delete_where_in, insert_rows
from services.registry.vault import Sealed, Vault


def _select() -> Select[Any]:
    return select(tables.contacts, tables.contact_keys.c.wrapped_key).join(
        tables.contact_keys, tables.contact_keys.c.contact_id == tables.contacts.c.id
    )


def _contact_of(vault: Vault, row: Row[Any]) -> Contact:
    opened = vault.open(row.id, Sealed(row.wrapped_key, row.sealed))
    return Contact(
        id=row.id,
        member_id=row.member_id,
        content=opened["content"],
        imported=opened["imported"],
        main=row.main,
        unsubscribed_at=row.unsubscribed_at,
        unreachable_code=row.unreachable_code,
        version=row.version,
        changed_at=row.changed_at,
    )


def load_contacts(
    connection: Connection, vault: Vault, ids: Iterable[str], *, lock: bool = False
) -> dict[str, Contact]:
    found: dict[str, Contact] = {}
    for chunk in chunks(sorted(set(ids))):
        query = _select().where(tables.contacts.c.id.in_(chunk)).order_by(tables.contacts.c.id)
        if lock:
            query = query.with_for_update(of=tables.contacts)
        found.update((row.id, _contact_of(vault, row)) for row in connection.execute(query))
    return found


def contacts_of_members(
    connection: Connection, vault: Vault, member_ids: Iterable[str]
) -> dict[str, list[Contact]]:
    """Each member's contacts by id; members without any are left out."""
    found: dict[str, list[Contact]] = {}
    column = tables.contacts.c.member_id
    for chunk in chunks(sorted(set(member_ids))):
        query = _select().where(column.in_(chunk)).order_by(tables.contacts.c.id)
        for row in connection.execute(query):
            found.setdefault(row.member_id, []).append(_contact_of(vault, row))
    return found


def contact_members(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Whose contacts these are: member id by contact id. Nothing is unsealed."""
    found: dict[str, str] = {}
    table = tables.contacts
    for chunk in chunks(sorted(set(ids))):
        query = select(table.c.id, table.c.member_id).where(table.c.id.in_(chunk))
        found.update((row.id, row.member_id) for row in connection.execute(query))
    return found


def contacts_by_email(connection: Connection, vault: Vault, email: str) -> list[Contact]:
    """Every contact with this address, at whichever member."""
    digest = vault.email_digest(email_key(email))
    query = _select().where(tables.contacts.c.email_digest == digest)
    rows = connection.execute(query.order_by(tables.contacts.c.id))
    return [_contact_of(vault, row) for row in rows]


def save_contacts(
    connection: Connection, vault: Vault, new: Sequence[Contact], changed: Sequence[Contact]
) -> None:
    """Seal and write; a changed contact gets a new key, so its old ciphertext is dead at once."""
    forget_contacts(connection, [contact.id for contact in changed])
    rows, keys = [], []
    for contact in [*new, *changed]:
        sealed = vault.seal(
            contact.id, {"content": dict(contact.content), "imported": dict(contact.imported)}
        )
        keys.append({"contact_id": contact.id, "wrapped_key": sealed.wrapped_key})
        rows.append(
            {
                "id": contact.id,
                "member_id": contact.member_id,
                "main": contact.main,
                "sealed": sealed.blob,
                "email_digest": vault.email_digest(email_key(contact.email)),
                "can_be_asked": contact.can_be_asked,
                "unsubscribed_at": contact.unsubscribed_at,
                "unreachable_code": contact.unreachable_code,
                "version": contact.version,
                "changed_at": contact.changed_at,
            }
        )
    insert_rows(connection, tables.contacts, rows)
    insert_rows(connection, tables.contact_keys, keys)


def members_with_someone_to_ask(connection: Connection, member_ids: Iterable[str]) -> set[str]:
    """Which of the members have at least one contact that an approach may go to."""
    found: set[str] = set()
    table = tables.contacts
    for chunk in chunks(sorted(set(member_ids))):
        query = select(table.c.member_id).where(
            table.c.member_id.in_(chunk), table.c.can_be_asked.is_(True)
        )
        found.update(connection.execute(query.distinct()).scalars())
    return found


def forget_contacts(connection: Connection, ids: Iterable[str]) -> None:
    """Delete the keys first: what is sealed under them cannot be read again, wherever it lies."""
    known = list(ids)
    delete_where_in(connection, tables.contact_keys.c.contact_id, known)
    delete_where_in(connection, tables.contacts.c.id, known)
