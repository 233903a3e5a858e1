"""A whole import is taken back: what it added goes, what it changed is as it was (decision 0165).

All or nothing. Whatever somebody changed since stands in the way and is named; whether matches
stand on it is the matcher's to say, and is asked by whoever asks for the undoing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Row, delete

from services.registry.domain import contacts as contact_rules
from services.registry.domain import listings as listing_rules
from services.registry.domain import members as member_rules
from services.registry.domain.errors import InvalidMove, NotFound
from services.registry.domain.listings import LISTING_KINDS, ListingKind
from services.registry.domain.members import MemberConflict
from services.registry.erase import erase_member
from services.registry.found import shown
from services.registry.importing.changes import changes_of, opened
from services.registry.register import refresh_can_be_asked
from services.registry.states import tell_conflicts, tell_listing, tell_listing_erased, tell_member
from services.registry.store import tables
from services.registry.store.contacts import (
    contacts_of_members,
    forget_contacts,
    load_contacts,
    save_contacts,
)
from services.registry.store.imports import FINISHED, load_upload, set_undone
from services.registry.store.listings import listings_of_member, load_listings, save_listings
from services.registry.store.members import load_members, save_conflicts, save_members
from services.registry.vault import Vault
from shared.storage import Work

_NAMED = 5
Held = dict[tuple[str, str], Any]


def undo_import(work: Work, vault: Vault, import_id: str) -> None:
    """Raises InvalidMove, saying what stands in the way, or NotFound."""
    row = load_upload(work.connection, import_id)
    if row is None:
        raise NotFound("No import has this id. It is in the Location of the answer to the upload.")
    changes = changes_of(work, import_id)
    if row.state != FINISHED or row.options.get("dry_run") or not changes:
        raise InvalidMove(
            "There is nothing to undo: this import changed nothing, was undone already, or is "
            "older than 30 days."
        )
    held = _held(work, vault, changes)
    _refuse_what_moved_on(work, vault, changes, held)
    _put_back(work, vault, import_id, changes, held)
    set_undone(work.connection, import_id)
    work.audit("import.undone", import_id, {"changes": len(changes)})


def _held(work: Work, vault: Vault, changes: Sequence[Row[Any]]) -> Held:
    """What is there now, by kind and id, locked."""
    connection = work.connection
    members = load_members(connection, _ids(changes, "member"), lock=True)
    contacts = load_contacts(connection, vault, _ids(changes, "contact"), lock=True)
    found: Held = {("member", one.id): one for one in members.values()}
    found |= {("contact", one.id): one for one in contacts.values()}
    for kind in LISTING_KINDS:
        listings = load_listings(connection, kind, _ids(changes, kind), lock=True)
        found |= {(kind, one.id): one for one in listings.values()}
    return found


def _refuse_what_moved_on(
    work: Work, vault: Vault, changes: Sequence[Row[Any]], held: Held
) -> None:
    if _ids(changes, "partnership"):
        raise InvalidMove(
            "Partnerships came with this import, and they are matches already. It cannot be undone."
        )
    moved = [
        f"{change.kind} {shown(change.subject)}"
        for change in changes
        if (now := held.get((change.kind, change.subject))) is None or now.version != change.version
    ]
    moved += _added_since(work, vault, changes)
    if moved:
        more = f" and {len(moved) - _NAMED} more" if len(moved) > _NAMED else ""
        raise InvalidMove(
            f"Somebody changed what came with this import since: {', '.join(moved[:_NAMED])}{more}. "
            "Nothing was undone; correct or withdraw the rest one by one."
        )


def _added_since(work: Work, vault: Vault, changes: Sequence[Row[Any]]) -> list[str]:
    """What others entered for a member that would go."""
    own = {(change.kind, change.subject) for change in changes}
    found = []
    people = contacts_of_members(work.connection, vault, _added(changes, "member"))
    for member_id in _added(changes, "member"):
        entered = [("contact", one.id) for one in people.get(member_id, [])]
        for kind in LISTING_KINDS:
            listings = listings_of_member(work.connection, kind, member_id)
            entered += [(kind, one.id) for one in listings]
        found += [f"{kind} {shown(id_)}" for kind, id_ in entered if (kind, id_) not in own]
    return found


def _put_back(
    work: Work, vault: Vault, import_id: str, changes: Sequence[Row[Any]], held: Held
) -> None:
    before = {
        (one.kind, one.subject): opened(vault, import_id, one.before)
        for one in changes
        if one.before is not None
    }
    for kind in LISTING_KINDS:
        _put_back_listings(work, kind, changes, held, before)
    _put_back_contacts(work, vault, changes, held, before)
    for member_id in _ids(changes, "member"):
        if ("member", member_id) in before:
            _put_back_member(work, held["member", member_id], before["member", member_id])
        else:
            erase_member(work, vault, held["member", member_id])
    owners = {held["contact", one].member_id for one in _ids(changes, "contact")}
    for member in load_members(work.connection, owners, lock=True).values():
        refresh_can_be_asked(work, member)


def _put_back_listings(
    work: Work,
    kind: ListingKind,
    changes: Sequence[Row[Any]],
    held: Held,
    before: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    table = tables.LISTINGS[kind]
    for listing_id in _added(changes, kind):
        work.connection.execute(delete(table).where(table.c.id == listing_id))
        tell_listing_erased(work, kind, listing_id)
    for listing_id in _ids(changes, kind):
        was = before.get((kind, listing_id))
        if was is None:
            continue
        listing = held[kind, listing_id]
        after = listing_rules.changed(listing, was["content"], was["contact_id"], work.now)
        after = replace(
            after or listing, places_typed=was["places_typed"], imported=was["imported"]
        )
        save_listings(work.connection, kind, [], [after])
        tell_listing(work, after, "changed")


def _put_back_contacts(
    work: Work,
    vault: Vault,
    changes: Sequence[Row[Any]],
    held: Held,
    before: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    forget_contacts(work.connection, _added(changes, "contact"))
    restored = []
    for contact_id in _ids(changes, "contact"):
        was = before.get(("contact", contact_id))
        if was is not None:
            contact = held["contact", contact_id]
            after = contact_rules.changed(contact, was["content"], main=was["main"], now=work.now)
            restored.append(replace(after or contact, imported=was["imported"]))
    save_contacts(work.connection, vault, [], restored)


def _put_back_member(work: Work, member: Any, was: Mapping[str, Any]) -> None:
    after = member_rules.changed(member, was["content"], work.now) or member
    after = replace(
        after,
        status=was["status"],
        version=member.version + 1,
        changed_at=work.now,
        places_typed=was["places_typed"],
        imported=was["imported"],
    )
    save_members(work.connection, [], [after])
    tell_member(work, after, "changed")
    conflicts = [_conflict(one) for one in was["conflicts"]]
    save_conflicts(work.connection, {member.id: conflicts})
    tell_conflicts(work, member.id, conflicts)


def _conflict(was: Mapping[str, Any]) -> MemberConflict:
    until = date.fromisoformat(was["until"]) if was["until"] else None
    return MemberConflict(was["member_id"], was["sector"], was["code"], until)


def _ids(changes: Sequence[Row[Any]], kind: str) -> list[str]:
    return [one.subject for one in changes if one.kind == kind]


def _added(changes: Sequence[Row[Any]], kind: str) -> list[str]:
    return [one.subject for one in changes if one.kind == kind and one.before is None]
