"""Step 2 of the walk: a capability or a need is published, changed, paused, closed, confirmed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.registry.content import kept_content
from services.registry.domain import listings as domain
from services.registry.domain.errors import AlreadyExists, Invalid, InvalidMove, Problem
from services.registry.domain.listings import CloseCode, Listing, ListingStep
from services.registry.domain.rules import Rules
from services.registry.found import publishing_member, shown
from services.registry.states import tell_listing
from services.registry.store.contacts import contact_members
from services.registry.store.listings import load_listings, save_listings
from services.registry.store.members import load_members
from shared.storage import Work


def publish_listing(
    work: Work, listing: Listing, *, rules: Rules, within: str | None = None
) -> Listing:
    """Enter a new listing, as a draft or published, as `domain.new_listing` made it."""
    member = publishing_member(work.connection, listing.member_id, within)
    kept = kept_content(listing.kind, listing.content, rules)
    if load_listings(work.connection, listing.kind, [listing.id]):
        raise AlreadyExists(
            f"id: a {listing.kind} {shown(listing.id)} exists already; choose another id",
            [Problem("id", listing.id, f"is taken by another {listing.kind}")],
        )
    check_contact(work, member.id, listing.contact_id)
    listing = replace(listing, content=kept, material=domain.texts_of(kept))
    save_listings(work.connection, listing.kind, [listing], [])
    tell_listing(work, listing, "published")
    work.audit(f"{listing.kind}.entered", listing.id, {"status": listing.status})
    return listing


def change_listing(
    work: Work,
    listing: Listing,
    content: Mapping[str, Any],
    contact_id: str | None,
    *,
    rules: Rules,
    places_typed: Mapping[str, str] | None = None,
) -> Listing:
    """Replace what a listing says; nothing is told when nothing changes."""
    after = domain.changed(
        listing, kept_content(listing.kind, content, rules), contact_id, work.now
    )
    if after is None:
        return listing
    if contact_id != listing.contact_id:
        check_contact(work, listing.member_id, contact_id)
    if places_typed is not None:
        after = replace(after, places_typed=dict(places_typed))
    save_listings(work.connection, after.kind, [], [after])
    tell_listing(work, after, "changed")
    work.audit(f"{after.kind}.changed", after.id, {"version": after.version})
    return after


def move_listing(
    work: Work, listing: Listing, step: ListingStep, code: CloseCode | None = None
) -> Listing:
    """Take one step of the life cycle; raises InvalidMove where the state does not allow it.

    `listing` was loaded under a lock in this transaction.
    """
    after = domain.moved(listing, step, work.now, code)
    if step in {"publish", "resume"}:
        _refuse_for_withdrawn(work, listing)
    save_listings(work.connection, after.kind, [], [after])
    tell_listing(work, after, domain.event_of(after, step))
    work.audit(f"{after.kind}.{step}", after.id, {"code": code} if code else None)
    return after


def check_contact(work: Work, member_id: str, contact_id: str | None) -> None:
    """Raises Invalid unless the contact is one of the member's."""
    if contact_id is None:
        return
    if contact_members(work.connection, [contact_id]).get(contact_id) != member_id:
        raise Invalid(
            f"contact: {shown(contact_id)} is not a contact of member {shown(member_id)}",
            [Problem("contact", contact_id, "is not a contact of this member; add it first")],
        )


def _refuse_for_withdrawn(work: Work, listing: Listing) -> None:
    member = load_members(work.connection, [listing.member_id], lock=True).get(listing.member_id)
    if member is None or member.status == "withdrawn":
        raise InvalidMove(
            f"cannot publish {listing.kind} {listing.id}: member {listing.member_id} has withdrawn; "
            "invite the member again first"
        )
