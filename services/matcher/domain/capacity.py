"""How much a match takes, and how much is left: counted at approval, spent at the introduction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.matcher.domain.entities import Capability, Capacity, Need

CAPACITY, PLACES, EXPOSURE = "capacity", "places", "exposure"
RESERVED, SPENT, RELEASED = "reserved", "spent", "released"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one match holds of one thing: units of a capability, a need's partner place, or one
    of the approaches that a member can bear at a time.
    """

    match_id: str
    kind: str
    key: str
    amount: int
    status: str
    at: datetime
    """When it got this status."""
    yearly: bool = False
    """Counted by the year: it comes back on the anniversary, not when the match is done."""


def units_of(need: Need, capability: Capability) -> int:
    """The need's units where both count in the same unit, else one."""
    if need.units is None or need.units.unit.casefold() != capability.capacity.unit.casefold():
        return 1
    return max(1, need.units.amount)


def is_yearly(capacity: Capacity) -> bool:
    return "year" in capacity.per.casefold()


def period_start(published_at: datetime | None, now: datetime) -> datetime | None:
    """The last anniversary of the day it was published; None when that is not known."""
    if published_at is None:
        return None
    for year in (now.year, now.year - 1):
        anniversary = _in_year(published_at, year)
        if anniversary <= now:
            return max(anniversary, published_at)
    return published_at


def taken(reservations: Iterable[Reservation], *, since: datetime | None = None) -> int:
    """Units that count now. With `since`, what was spent before it has renewed."""
    return sum(
        entry.amount
        for entry in reservations
        if entry.status == RESERVED
        or (entry.status == SPENT and (since is None or entry.at >= since))
    )


def _in_year(day: datetime, year: int) -> datetime:
    try:
        return day.replace(year=year)
    except ValueError:  # published on 29 February
        return day.replace(year=year, day=28)
