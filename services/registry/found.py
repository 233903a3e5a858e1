"""Finding what a request is about, or saying that it is not there.

`within` is the member a caller is limited to (None: not limited); what belongs to another member
is as good as absent.
"""

from sqlalchemy import Connection

from services.registry.domain.contacts import Contact
from services.registry.domain.errors import Invalid, NotFound, Problem
from services.registry.domain.listings import Listing, ListingKind
from services.registry.domain.members import Member
from services.registry.store.contacts import load_contacts
from services.registry.store.listings import load_listings
from services.registry.store.members import load_members
from services.registry.vault import Vault


def find_member(
    connection: Connection, member_id: str, *, within: str | None = None, lock: bool = False
) -> Member:
    member = None
    if within in (None, member_id):
        member = load_members(connection, [member_id], lock=lock).get(member_id)
    if member is None:
        raise NotFound(
            f"No member has the id {shown(member_id)}. Check it against GET /v1/members."
        )
    return member


def find_listing(
    connection: Connection,
    kind: ListingKind,
    listing_id: str,
    *,
    within: str | None = None,
    lock: bool = False,
) -> Listing:
    listing = load_listings(connection, kind, [listing_id], lock=lock).get(listing_id)
    if listing is None or within not in (None, listing.member_id):
        plural = {"capability": "capabilities", "need": "needs"}[kind]
        raise NotFound(
            f"No {kind} has the id {shown(listing_id)}. Check it against GET /v1/{plural}."
        )
    return listing


def find_contact(
    connection: Connection,
    vault: Vault,
    contact_id: str,
    *,
    within: str | None = None,
    lock: bool = False,
) -> Contact:
    contact = load_contacts(connection, vault, [contact_id], lock=lock).get(contact_id)
    if contact is None or within not in (None, contact.member_id):
        raise NotFound(
            f"No contact has the id {shown(contact_id)}. "
            "Check it against GET /v1/members/{id}/contacts."
        )
    return contact


def publishing_member(connection: Connection, member_id: str, within: str | None) -> Member:
    """The member a new listing or contact is for; one that has withdrawn takes none."""
    member = None
    if within in (None, member_id):
        member = load_members(connection, [member_id], lock=True).get(member_id)
    if member is None:
        raise Invalid(
            f"member: no member has the id {shown(member_id)}",
            [Problem("member", member_id, "is not the id of a member; register the member first")],
        )
    if member.status == "withdrawn":
        raise Invalid(
            f"member: {shown(member_id)} has withdrawn",
            [Problem("member", member_id, "has withdrawn; invite the member again first")],
        )
    return member


def shown(value: str) -> str:
    return Problem("", value, "").shown_value()
