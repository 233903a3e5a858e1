"""What the registry tells the others: an entity as the whole state its event carries (step 2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.registry.domain.listings import Listing, ListingKind
from services.registry.domain.members import Member, MemberConflict
from shared.contracts import types
from shared.contracts.listings import FRAMEWORK
from shared.storage import Work


def tell_member(work: Work, member: Member, what: str) -> None:
    """`what`: registered, invited, activated, changed, paused, resumed or withdrawn."""
    work.publish(f"{types.PREFIX}member.{what}.v1", member.id, member_state(member))


def tell_listing(work: Work, listing: Listing, what: str | None) -> None:
    """`what`: published, changed, confirmed, paused, resumed or closed; None tells nobody."""
    if what is not None and listing.published_at is not None:
        data = listing_state(listing)
        work.publish(f"{types.PREFIX}{listing.kind}.{what}.v1", listing.id, data)


def tell_conflicts(work: Work, member_id: str, conflicts: Sequence[MemberConflict]) -> None:
    """The whole list, without its codes: why is nobody's business but the coordinators'."""
    entries = [
        {"member_id": c.member_id, "sector": c.sector, "until": _day(c.until)} for c in conflicts
    ]
    data = {"member_id": member_id, "conflicts": entries}
    work.publish(types.CONFLICT_DECLARED, member_id, data)


def tell_listing_erased(work: Work, kind: ListingKind, listing_id: str) -> None:
    work.publish(f"{types.PREFIX}{kind}.erased.v1", listing_id, None)


def member_state(member: Member) -> dict[str, Any]:
    content = member.content
    return {
        "member_id": member.id,
        "name": member.name,
        "sector": content["sector"],
        "industry": content.get("industry") or "",
        "coalitions": list(content.get("coalitions") or ()),
        "places": list(content.get("places") or ()),
        "identifiers": dict(content.get("identifiers") or {}),
        "website": content.get("website") or None,
        "status": member.status,
        "can_be_asked": member.can_be_asked,
        "version": member.version,
        "material_version": member.material_version,
        "changed_at": _moment(member.changed_at),
    }


def listing_state(listing: Listing) -> dict[str, Any]:
    state = {
        **listing.content,
        f"{listing.kind}_id": listing.id,
        "member_id": listing.member_id,
        "contact_id": listing.contact_id,
        "status": listing.status,
        "closed_code": listing.closed_code,
        "version": listing.version,
        "material_version": listing.material_version,
        "material": dict(listing.material),
        "published_at": _moment(listing.published_at),
        "confirmed_at": _moment(listing.confirmed_at),
    }
    if listing.kind == "need":
        state["framework"] = FRAMEWORK
    return state


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()
