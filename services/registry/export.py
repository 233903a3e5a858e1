"""The coalition file goes out: everything held, in the order in which it can be read again."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from services.registry.domain.contacts import Contact
from services.registry.domain.listings import LISTING_KINDS, Listing
from services.registry.domain.members import Member, MemberConflict
from services.registry.store import tables
from services.registry.store.contacts import contacts_of_members
from services.registry.store.members import load_conflicts
from services.registry.store.searching import Filters, find_listings, find_members
from services.registry.vault import Vault
from shared.contracts.coalition import write_lines

PAGE_ROWS = 500


def coalition_lines(connection: Connection, vault: Vault | None) -> Iterator[str]:
    """Every line, ended. Contacts only with the vault that opens them.

    Drafts and closed listings are left out: the file has no word for them, and reading it would
    publish them. Whoever has withdrawn is left out too.
    """
    yield from write_lines(_objects(connection, vault), contacts=vault is not None)


def _objects(connection: Connection, vault: Vault | None) -> Iterator[Mapping[str, Any]]:
    left: set[str] = set()
    for members in _pages(lambda after: find_members(connection, Filters(), PAGE_ROWS, after)):
        ids = [member.id for member in members]
        conflicts = load_conflicts(connection, ids)
        held = contacts_of_members(connection, vault, ids) if vault is not None else {}
        for member in members:
            if member.status == "withdrawn":
                left.add(member.id)
                continue
            yield _member_line(member, conflicts.get(member.id, []))
            yield from (_contact_line(contact) for contact in held.get(member.id, []))
    for kind in LISTING_KINDS:
        yield from _listing_lines(connection, kind)
    yield from _partnership_lines(connection, left)


def _listing_lines(connection: Connection, kind: Any) -> Iterator[Mapping[str, Any]]:
    pages = _pages(lambda after: find_listings(connection, kind, Filters(), PAGE_ROWS, after))
    for listings in pages:
        for listing in listings:
            if listing.status in ("published", "paused"):
                yield _listing_line(listing)


def _pages(load: Any) -> Iterator[Any]:
    after = None
    while rows := load(after):
        yield rows
        after = rows[-1].id


def _member_line(member: Member, conflicts: list[MemberConflict]) -> Mapping[str, Any]:
    line: dict[str, Any] = {"kind": "member", "id": member.id, **member.content}
    line["status"] = member.status
    line["conflicts"] = [
        {
            "member": conflict.member_id,
            "sector": conflict.sector,
            "code": conflict.code,
            "until": conflict.until,
        }
        for conflict in conflicts
    ]
    return line


def _contact_line(contact: Contact) -> Mapping[str, Any]:
    line = {"kind": "contact", "id": contact.id, "member": contact.member_id, **contact.content}
    return {**line, "main": contact.main}


def _listing_line(listing: Listing) -> Mapping[str, Any]:
    line = {"kind": listing.kind, "id": listing.id, "member": listing.member_id, **listing.content}
    return {**line, "contact": listing.contact_id}


def _partnership_lines(connection: Connection, left: set[str]) -> Iterator[Mapping[str, Any]]:
    table = tables.partnerships
    needs = set(connection.execute(select(tables.needs.c.id)).scalars())
    for row in connection.execute(select(table).order_by(table.c.id)):
        if left.intersection(row.member_ids):
            continue
        named = row.need_id is not None and row.need_id in needs
        yield {
            "kind": "partnership",
            "need": row.need_id if named else None,
            "text": row.text if named or row.text else row.need_id,
            "members": row.member_ids,
            "state": row.state,
            "since": row.since,
        }
