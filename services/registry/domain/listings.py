"""A listing (a capability or a need) and its life cycle: draft → published ⇄ paused → closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from services.registry.domain.errors import InvalidMove
from services.registry.domain.material import is_material, meaning_moved

ListingKind = Literal["capability", "need"]
ListingStatus = Literal["draft", "published", "paused", "closed"]
ListingStep = Literal["publish", "pause", "resume", "close", "confirm"]
CloseCode = Literal["met", "withdrawn", "date_passed"]
LISTING_KINDS: tuple[ListingKind, ...] = ("capability", "need")
LISTING_STATUSES: tuple[ListingStatus, ...] = ("draft", "published", "paused", "closed")
CLOSE_CODES: tuple[CloseCode, ...] = ("met", "withdrawn", "date_passed")
PLACES_FIELD: Mapping[str, str] = {"capability": "delivers_in", "need": "places"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a member brings or needs.

    `content` holds the fields of the coalition file but id, member and contact. `material` holds
    title and description as of the last material version: scoring reads those.
    """

    kind: ListingKind
    id: str
    member_id: str
    content: Mapping[str, Any]
    contact_id: str | None = None
    status: ListingStatus = "published"
    closed_code: CloseCode | None = None
    version: int = 1
    material_version: int = 1
    material: Mapping[str, str]
    published_at: datetime | None = None
    confirmed_at: datetime | None = None
    changed_at: datetime
    created_at: datetime
    places_typed: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.content["title"])

    @property
    def last_day(self) -> date | None:
        """The day after which the listing is of no use, where it names one."""
        if self.kind == "need":
            given = self.content.get("by")
        else:
            given = (self.content.get("available") or {}).get("until")
        return date.fromisoformat(given) if given else None


def texts_of(content: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(content.get(name) or "") for name in ("title", "description")}


def new_listing(
    kind: ListingKind,
    listing_id: str,
    member_id: str,
    content: Mapping[str, Any],
    now: datetime,
    *,
    draft: bool = False,
) -> Listing:
    """A listing at its first version; a draft is not published to anyone."""
    return Listing(
        kind=kind,
        id=listing_id,
        member_id=member_id,
        content=dict(content),
        status="draft" if draft else "published",
        material=texts_of(content),
        published_at=None if draft else now,
        confirmed_at=None if draft else now,
        changed_at=now,
        created_at=now,
    )


def changed(
    listing: Listing, content: Mapping[str, Any], contact_id: str | None, now: datetime
) -> Listing | None:
    """The listing with a new content, or None where that changes nothing.

    Who changes a listing has looked at it, so it counts as confirmed. Raises InvalidMove when it
    is closed.
    """
    if dict(content) == dict(listing.content) and contact_id == listing.contact_id:
        return None
    if listing.status == "closed":
        raise InvalidMove(
            f"cannot change {listing.kind} {listing.id}: it is closed ({listing.closed_code}); "
            "publish a new one with another id"
        )
    version = listing.version + 1
    texts = texts_of(content)
    material = is_material(listing.kind, listing.content, content) or meaning_moved(
        "\n".join(listing.material.values()), "\n".join(texts.values())
    )
    return replace(
        listing,
        content=dict(content),
        contact_id=contact_id,
        version=version,
        material_version=version if material else listing.material_version,
        material=texts if material else listing.material,
        confirmed_at=None if listing.status == "draft" else now,
        changed_at=now,
    )


_STEPS: Mapping[ListingStep, tuple[Sequence[ListingStatus], ListingStatus]] = {
    "publish": (("draft",), "published"),
    "pause": (("published",), "paused"),
    "resume": (("paused",), "published"),
    "close": (("draft", "published", "paused"), "closed"),
    "confirm": (("published", "paused"), "published"),
}


def moved(
    listing: Listing, step: ListingStep, now: datetime, code: CloseCode | None = None
) -> Listing:
    """The listing after a step of its life cycle; `code` says why it is closed.

    Raises InvalidMove, with the state and the states from which the step is possible.
    """
    allowed, target = _STEPS[step]
    if listing.status not in allowed:
        raise InvalidMove(
            f"cannot {step} {listing.kind} {listing.id}: it is {listing.status} since version "
            f"{listing.version}; only one that is {' or '.join(allowed)} can be"
        )
    confirmed = now if step in {"publish", "resume", "confirm"} else listing.confirmed_at
    return replace(
        listing,
        status=listing.status if step == "confirm" else target,
        closed_code=code if step == "close" else None,
        published_at=listing.published_at or (now if target == "published" else None),
        confirmed_at=confirmed,
        version=listing.version + 1,
        changed_at=now,
    )


_EVENTS: Mapping[ListingStep, str] = {
    "publish": "published",
    "pause": "paused",
    "resume": "resumed",
    "close": "closed",
    "confirm": "confirmed",
}


def event_of(listing: Listing, step: ListingStep) -> str | None:
    """The event that tells of a step taken; None where the listing was never public."""
    return _EVENTS[step] if listing.published_at is not None else None
