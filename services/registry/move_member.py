"""A member is invited, becomes active, pauses, comes back or leaves."""

from dataclasses import replace

from services.registry.domain import listings as listing_rules
from services.registry.domain import members as domain
from services.registry.domain.listings import LISTING_KINDS
from services.registry.domain.members import MEMBER_EVENTS, Member, MemberStep
from services.registry.states import tell_listing, tell_member
from services.registry.store.contacts import members_with_someone_to_ask
from services.registry.store.listings import listings_of_member, save_listings
from services.registry.store.members import save_status
from shared.storage import Work


def move_member(work: Work, member: Member, step: MemberStep) -> Member:
    """Take one step of the life cycle; raises InvalidMove where the state does not allow it.

    `member` was loaded under a lock in this transaction. Whoever withdraws takes its listings along.
    """
    after = domain.moved(member, step, work.now)
    someone = members_with_someone_to_ask(work.connection, [member.id])
    after = replace(after, can_be_asked=after.status == "active" and bool(someone))
    save_status(work.connection, after)
    tell_member(work, after, MEMBER_EVENTS[step])
    work.audit(f"member.{MEMBER_EVENTS[step]}", after.id)
    if step == "withdraw":
        close_listings(work, after.id)
    return after


def close_listings(work: Work, member_id: str) -> None:
    """Close whatever the member still has open, as withdrawn."""
    for kind in LISTING_KINDS:
        closed = [
            listing_rules.moved(listing, "close", work.now, "withdrawn")
            for listing in listings_of_member(work.connection, kind, member_id)
            if listing.status != "closed"
        ]
        save_listings(work.connection, kind, [], closed)
        for listing in closed:
            tell_listing(work, listing, "closed")
