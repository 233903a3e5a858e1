"""Members, capabilities and needs as the matcher knows them (steps 6 and 7 of the walk).

No contact, no email, no note: those stay with the registry. Every field but the identifying ones
has a default, because a listing of a title alone must already be matched. The `…_from` functions
read the shape of the coalition file and of the registry's events; strict checks are made there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Mode = Literal["in_person", "remote", "either"]
MODES: tuple[Mode, ...] = ("in_person", "remote", "either")

MEMBER_STATUSES = ("invited", "active", "paused", "withdrawn")
LISTING_STATUSES = ("draft", "published", "paused", "closed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Whom a member may not be matched with: one member, or every member of a sector.

    `code` is never shown outside the coordinators' console; `until` is the last day it holds,
    None means until it is lifted.
    """

    member: str | None = None
    sector: str | None = None
    code: str = "conflict"
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of the coalition; `places` are where it is, as ONS codes."""

    id: str
    name: str
    sector: str
    industry: str = ""
    coalitions: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    status: str = "active"
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much of it there is: 500 "apprenticeship starts" a "year"."""

    amount: int = 1
    unit: str = "partnerships"
    per: str = "at a time"


@dataclass(frozen=True, slots=True)
class Units:
    """How much a need takes, in the supplier's or the member's own unit."""

    amount: int = 1
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """What a member can bring. `delivers_in` empty means: where the member is."""

    id: str
    member_id: str
    title: str
    description: str = ""
    goals: tuple[int, ...] = ()
    delivers_in: tuple[str, ...] = ()
    mode: Mode = "either"
    gives: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    capacity: Capacity = field(default_factory=Capacity)
    requires: str = ""
    terms: str = "free"
    available_from: date | None = None
    available_until: date | None = None
    strict: tuple[str, ...] = ()
    status: str = "published"
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a member, its place or the coalition lacks. `places` empty: where the member is."""

    id: str
    member_id: str
    title: str
    description: str = ""
    goals: tuple[int, ...] = ()
    places: tuple[str, ...] = ()
    locality_text: str = ""
    locality_postcode: str = ""
    wants: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    partners: int = 1
    units: Units | None = None
    offers: tuple[str, ...] = ()
    budget: str = "none"
    welcomes_same_sector: bool = False
    urgency: str = "medium"
    by: date | None = None
    strict: tuple[str, ...] = ()
    status: str = "published"
    confirmed_at: datetime | None = None


def member_from(data: Mapping[str, Any]) -> Member:
    """A member from a line of the coalition file or an event; unknown keys are ignored."""
    return Member(
        id=str(data["id"]),
        name=_text(data.get("name")) or str(data["id"]),
        sector=str(data["sector"]),
        industry=_text(data.get("industry")),
        coalitions=_words(data.get("coalitions")),
        places=_words(data.get("places")),
        status=_text(data.get("status")) or "active",
        conflicts=tuple(conflict_from(entry) for entry in data.get("conflicts") or ()),
    )


def conflict_from(data: Mapping[str, Any]) -> Conflict:
    return Conflict(
        member=data.get("member") or data.get("member_id"),
        sector=data.get("sector"),
        code=_text(data.get("code")) or "conflict",
        until=_day(data.get("until")),
    )


def capability_from(data: Mapping[str, Any]) -> Capability:
    """A capability from a line of the coalition file or an event; unknown keys are ignored."""
    available = data.get("available") or {}
    return Capability(
        id=str(data["id"]),
        member_id=_member_of(data),
        title=str(data["title"]),
        description=_text(data.get("description")),
        goals=_numbers(data.get("goals")),
        delivers_in=_words(data.get("delivers_in")),
        mode=_mode(data.get("mode")),
        gives=_words(data.get("gives")),
        beneficiaries=_words(data.get("beneficiaries")),
        capacity=capacity_from(data.get("capacity")),
        requires=_text(data.get("requires")),
        terms=_text(data.get("terms")) or "free",
        available_from=_day(available.get("from") or data.get("available_from")),
        available_until=_day(available.get("until") or data.get("available_until")),
        strict=_words(data.get("strict")),
        status=_text(data.get("status")) or "published",
        confirmed_at=_moment(data.get("confirmed_at")),
    )


def need_from(data: Mapping[str, Any]) -> Need:
    """A need from a line of the coalition file or an event; unknown keys are ignored."""
    locality = data.get("locality") or {}
    return Need(
        id=str(data["id"]),
        member_id=_member_of(data),
        title=str(data["title"]),
        description=_text(data.get("description")),
        goals=_numbers(data.get("goals")),
        places=_words(data.get("places")),
        locality_text=_text(locality.get("text") or data.get("locality_text")),
        locality_postcode=_text(locality.get("postcode") or data.get("locality_postcode")),
        wants=_words(data.get("wants")),
        beneficiaries=_words(data.get("beneficiaries")),
        partners=_count(data.get("partners"), 1),
        units=_units(data.get("units")),
        offers=_words(data.get("offers")),
        budget=_text(data.get("budget")) or "none",
        welcomes_same_sector=bool(data.get("welcomes_same_sector", False)),
        urgency=_text(data.get("urgency")) or "medium",
        by=_day(data.get("by")),
        strict=_words(data.get("strict")),
        status=_text(data.get("status")) or "published",
        confirmed_at=_moment(data.get("confirmed_at")),
    )


def _member_of(data: Mapping[str, Any]) -> str:
    return str(data["member_id"] if "member_id" in data else data["member"])


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _words(value: Iterable[Any] | None) -> tuple[str, ...]:
    """In the order given, each once, so that a repeated code cannot count twice."""
    return tuple(dict.fromkeys(str(entry) for entry in value)) if value else ()


def _numbers(value: Iterable[Any] | None) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(entry) for entry in value)) if value else ()


def _count(value: object, default: int) -> int:
    return default if value is None else int(str(value))


def _mode(value: object) -> Mode:
    """An unknown mode counts as `either`, which obeys place: the careful reading."""
    return next((mode for mode in MODES if mode == value), "either")


def capacity_from(value: Mapping[str, Any] | None) -> Capacity:
    given = value or {}
    return Capacity(
        amount=_count(given.get("amount"), 1),
        unit=_text(given.get("unit")) or "partnerships",
        per=_text(given.get("per")) or "at a time",
    )


def _units(value: Mapping[str, Any] | None) -> Units | None:
    if not value:
        return None
    return Units(amount=_count(value.get("amount"), 1), unit=_text(value.get("unit")))


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10]) if value else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)) if value else None
