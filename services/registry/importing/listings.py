"""Capability and need lines of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import listings as domain
from services.registry.domain.errors import Invalid, InvalidMove, Problem
from services.registry.domain.listings import PLACES_FIELD, Listing, ListingKind
from services.registry.domain.members import Member
from services.registry.domain.provenance import fingerprints
from services.registry.importing.batch import Batch, Change, Entry, by_kind
from services.registry.states import tell_listing
from services.registry.store.contacts import contact_members
from services.registry.store.listings import load_listings, save_listings
from services.registry.store.members import load_members

Changes = list[tuple[Listing | None, Listing, str | None]]


def take_listings(batch: Batch, entries: Sequence[Entry]) -> None:
    """Decide on every capability and need line, then write what is to be written at once."""
    connection = batch.work.connection
    members = load_members(connection, {entry.member_id for entry in entries}, lock=True)
    named = [str(entry.fields["contact"]) for entry in entries if entry.fields.get("contact")]
    owners = contact_members(connection, named)
    for kind in domain.LISTING_KINDS:
        of_kind = by_kind(entries, kind)
        held = load_listings(connection, kind, [entry.id for entry in of_kind], lock=True)
        changes: Changes = []
        for entry in of_kind:
            try:
                before = held.get(entry.id)
                _check(batch, entry, members.get(entry.member_id), owners, new=before is None)
                changes.append(_take(batch, kind, entry, before))
            except (Invalid, InvalidMove) as error:
                batch.refuse_for(entry, error)
        _write(batch, kind, changes)


def _write(batch: Batch, kind: ListingKind, changes: Changes) -> None:
    new = [after for before, after, _ in changes if before is None]
    changed = [after for before, after, _ in changes if before is not None and after != before]
    save_listings(batch.work.connection, kind, new, changed)
    for before, after, what in changes:
        tell_listing(batch.work, after, what)
        if what is not None:
            batch.changes.append(Change(kind, before, after))


def _check(
    batch: Batch, entry: Entry, member: Member | None, owners: Mapping[str, str], *, new: bool
) -> None:
    problems = []
    if member is None:
        why = batch.facts.why_unknown("member", entry.member_id)
        problems.append(Problem("member", entry.member_id, why))
    elif new and member.status == "withdrawn":
        why = "has withdrawn, so nothing new is published for it; invite the member again first"
        problems.append(Problem("member", entry.member_id, why))
    contact = entry.fields.get("contact")
    if contact and owners.get(contact) != entry.member_id:
        why = "is not a contact of this member"
        if contact not in owners:
            why = batch.facts.why_unknown("contact", contact)
        problems.append(Problem("contact", contact, why))
    if problems:
        raise Invalid("line", problems)


def _take(
    batch: Batch, kind: ListingKind, entry: Entry, before: Listing | None
) -> tuple[Listing | None, Listing, str | None]:
    content = kept_content(kind, entry.content, batch.rules)
    offered = {**content, "contact": entry.fields.get("contact")}
    if before is None:
        return _added(batch, kind, entry, content, offered)
    if before.member_id != entry.member_id:
        message = f"is a {kind} of member {before.member_id}; choose another id"
        raise Invalid("id", [Problem("id", entry.id, message)])
    current = {**before.content, "contact": before.contact_id}
    merge = batch.merge(entry, current, before.imported, offered)
    merged = dict(merge.content)
    contact_id = merged.pop("contact")
    after = domain.changed(before, merged, contact_id, batch.work.now)
    batch.deed(entry, "changed" if after else "unchanged")
    kept = replace(after or before, imported=merge.imported)
    places = PLACES_FIELD[kind]
    if list(merged.get(places) or ()) == list(offered.get(places) or ()):
        kept = replace(kept, places_typed=dict(entry.places_typed))
    return before, kept, "changed" if after else None


def _added(
    batch: Batch,
    kind: ListingKind,
    entry: Entry,
    content: Mapping[str, Any],
    offered: Mapping[str, Any],
) -> tuple[None, Listing, str]:
    listing = domain.new_listing(kind, entry.id, entry.member_id, content, batch.work.now)
    listing = replace(
        listing,
        contact_id=entry.fields.get("contact"),
        places_typed=dict(entry.places_typed),
        imported=fingerprints(offered),
    )
    batch.deed(entry, "added")
    return None, listing, "published"
