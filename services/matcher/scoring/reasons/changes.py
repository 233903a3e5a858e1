"""What either side of a pair could change: a finite list, each with a cost (stage 7 of matching).

Only what a member can decide about its own listing. Never listed: a conflict, being the same
member, a pair that cools off, another text, a listing or member that has left for good.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final, Literal

from services.matcher.domain.entities import Capability, Capacity, Member, Need
from services.matcher.scoring.text.exchange import SUITS

Side = Literal["need", "capability"]

COSTS: Final[dict[str, int]] = {
    "confirm": 1,
    "publish": 1,
    "reactivate": 2,
    "any_sector": 2,
    "partners": 2,
    "capacity": 2,
    "by": 2,
    "from": 2,
    "until": 2,
    "open": 2,
    "serve": 2,
    "deliver": 3,
    "ask": 3,
    "offer": 3,
    "waive": 3,
    "remote": 4,
    "budget": 4,
    "price": 4,
}
"""How much each kind of change asks of a member, from a click to another way of working."""

MOST_CODES = 6
"""Of goals, groups, kinds of help and places not more than so many are tried on either side."""

_PAUSED = ("draft", "paused")
_LISTS: Final = (("goals", "goals"), ("beneficiaries", "beneficiaries"), ("wants", "gives"))
"""Fields of the need beside those of the capability that they are compared with."""


@dataclass(frozen=True, slots=True)
class Sides:
    """A pair with its members, and what is left on either side."""

    need: Need
    capability: Capability
    needing: Member
    bringing: Member
    places_left: int
    capacity_left: int


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that one side could do. `code` says which goal, group, kind, field or place."""

    side: Side
    kind: str
    code: str
    apply: Callable[[Sides], Sides]

    @property
    def cost(self) -> int:
        return COSTS[self.kind]

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.side, self.kind, self.code)


def changes_of(sides: Sides, day: date, asked: Sequence[str]) -> list[Change]:
    """Every change that is looked at for this pair, in the order of their keys. `asked` are the
    kinds of help that the capability asks for in return.
    """
    found = [*_of_need(sides, day), *_of_capability(sides, day), *_of_bringing(sides),
             *_added(sides), *_of_exchange(sides, asked)]  # fmt: skip
    return sorted(found, key=lambda change: change.key)


def _of_need(sides: Sides, day: date) -> Iterator[Change]:
    need = sides.need

    def change(kind: str, code: str = "", **to: Any) -> Change:
        return Change("need", kind, code, lambda now: replace(now, need=replace(now.need, **to)))

    if need.status in _PAUSED:
        yield change("publish", status="published")
    if need.confirmed_at and need.confirmed_at.date() < day:
        yield change("confirm", confirmed_at=_start_of(day))
    if not need.welcomes_same_sector:
        yield change("any_sector", welcomes_same_sector=True)
    if need.by and need.by < day:
        yield change("by", by=day)
    if sides.needing.status == "paused":
        yield Change("need", "reactivate", "", lambda now: replace(
            now, needing=replace(now.needing, status="active")))  # fmt: skip
    if sides.places_left < 1:
        yield Change("need", "partners", str(1 - sides.places_left), _one_more_partner)


def _of_capability(sides: Sides, day: date) -> Iterator[Change]:
    offer = sides.capability

    def change(kind: str, code: str = "", **to: Any) -> Change:
        return Change("capability", kind, code,
                      lambda now: replace(now, capability=replace(now.capability, **to)))  # fmt: skip

    if offer.status in _PAUSED:
        yield change("publish", status="published")
    if offer.confirmed_at and offer.confirmed_at.date() < day:
        yield change("confirm", confirmed_at=_start_of(day))
    if offer.available_from and offer.available_from > day:
        yield change("from", available_from=day)
    if offer.available_until and offer.available_until < day:
        yield change("until", available_until=day)
    if offer.mode != "remote":
        yield change("remote", mode="remote")


def _of_bringing(sides: Sides) -> Iterator[Change]:
    if sides.bringing.status == "paused":
        yield Change("capability", "reactivate", "", lambda now: replace(
            now, bringing=replace(now.bringing, status="active")))  # fmt: skip
    if sides.capacity_left < 1:
        yield Change("capability", "capacity", str(1 - sides.capacity_left), _one_more)
    if sides.capability.mode != "remote":
        yield from _deliveries(sides)


def _deliveries(sides: Sides) -> Iterator[Change]:
    """The places of the need, one by one: to share one of them is enough."""
    now_in = sides.capability.delivers_in or sides.bringing.places
    wanted = sides.need.places or sides.needing.places
    for place in [one for one in wanted if one not in now_in][:MOST_CODES]:
        yield Change("capability", "deliver", place, _delivering(place))


def _of_exchange(sides: Sides, asked: Sequence[str]) -> Iterator[Change]:
    """What the need's member could bring or pay, and what the other could do without."""
    for kind in [one for one in asked if one not in sides.need.offers][:MOST_CODES]:
        yield Change("need", "offer", kind, _extended("need", "offers", kind))
    if asked:
        yield Change("capability", "waive", "", lambda now: replace(
            now, capability=replace(now.capability, requires="")))  # fmt: skip
    if sides.capability.terms in SUITS:
        yield Change("capability", "price", "", lambda now: replace(
            now, capability=replace(now.capability, terms="free")))  # fmt: skip
        if sides.need.budget != "some":
            yield Change("need", "budget", "", lambda now: replace(
                now, need=replace(now.need, budget="some")))  # fmt: skip


def _added(sides: Sides) -> Iterator[Change]:
    """What the other side has and this one lacks; and a field that was strict, opened."""
    for asked, offered in _LISTS:
        lacks, brings = getattr(sides.need, asked), getattr(sides.capability, offered)
        for code in [one for one in lacks if one not in brings][:MOST_CODES]:
            yield Change("capability", "serve", f"{offered}:{code}",
                         _extended("capability", offered, code))  # fmt: skip
        for code in [one for one in brings if one not in lacks][:MOST_CODES]:
            yield Change("need", "ask", f"{asked}:{code}", _extended("need", asked, code))
        if asked in sides.need.strict:
            yield Change("need", "open", asked, _opened("need", asked))
        if offered in sides.capability.strict:
            yield Change("capability", "open", offered, _opened("capability", offered))


def applied(sides: Sides, changes: Sequence[Change]) -> Sides:
    """The pair as it would be, on copies."""
    for change in changes:
        sides = change.apply(sides)
    return sides


def _delivering(place: str) -> Callable[[Sides], Sides]:
    def apply(now: Sides) -> Sides:
        places = now.capability.delivers_in or now.bringing.places
        return replace(now, capability=replace(now.capability, delivers_in=(*places, place)))

    return apply


def _extended(side: Side, field: str, code: object) -> Callable[[Sides], Sides]:
    def apply(now: Sides) -> Sides:
        listing = getattr(now, side)
        changed = replace(listing, **{field: (*getattr(listing, field), code)})
        return replace(now, **{side: changed})

    return apply


def _opened(side: Side, field: str) -> Callable[[Sides], Sides]:
    def apply(now: Sides) -> Sides:
        listing = getattr(now, side)
        strict = tuple(one for one in listing.strict if one != field)
        return replace(now, **{side: replace(listing, strict=strict)})

    return apply


def _one_more_partner(now: Sides) -> Sides:
    partners = now.need.partners + 1 - now.places_left
    return replace(now, need=replace(now.need, partners=partners), places_left=1)


def _one_more(now: Sides) -> Sides:
    had = now.capability.capacity
    more = Capacity(had.amount + 1 - now.capacity_left, had.unit, had.per)
    return replace(now, capability=replace(now.capability, capacity=more), capacity_left=1)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
