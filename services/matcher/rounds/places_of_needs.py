"""Which places a need counts in, for a round's floor and for the fairness ledger."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from services.matcher.domain.assignment import REGION
from services.matcher.proposing.as_scored import State
from services.matcher.scoring.choosing.assign import Assignment, Floor
from shared.reference.place import PlaceError
from shared.reference.places import Places

MOST_DISTRICTS = 15
"""A need for more districts than these is for no district in particular: a county is, a region not."""
_Look = Callable[[str], State | None]


class NeedPlaces:
    """The places of needs as the projection has them; a need that names none counts where its
    member is.
    """

    def __init__(self, need: _Look, member: _Look, level: str) -> None:
        self._need = need
        self._member = member
        self._level = level

    def needs_by_place(self, need_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for need_id in need_ids:
            for place in self.places_of(need_id):
                found.setdefault(place, set()).add(need_id)
        return {place: frozenset(found[place]) for place in sorted(found)}

    def places_of(self, need_id: str) -> set[str]:
        need = self._need(need_id)
        if need is None:
            return set()
        member = self._member(str(need["member_id"]))
        codes = need["places"] or (member["places"] if member else ())
        return places_at(codes, self._level)

    def told(self, floor: Floor, then: Assignment) -> dict[str, Any]:
        """The place that is served worst, and those whose floor could not be kept, by name."""
        served = {one.need_id for one in then.chosen}
        shares = {
            place: len(needs & served) / len(needs)
            for place, needs in floor.places.items()
            if needs
        }
        worst = min(shares, key=lambda place: (shares[place], name_of(place)), default=None)
        return {
            "worst": worst and {"place": worst, "name": name_of(worst), "share": shares[worst]},
            "short": [
                {"place": s.place, "name": name_of(s.place), "wanted": s.wanted, "got": s.got}
                for s in then.short
            ],
        }


def places_at(codes: Iterable[str], level: str) -> set[str]:
    """Districts or regions that these codes stand for. Wales, Scotland and Northern Ireland count
    as regions; a code our tables do not know stands for itself.
    """
    places = Places.load()
    found: set[str] = set()
    for code in codes:
        try:
            place = places.get(code)
        except PlaceError:
            found.add(code)
            continue
        if level == REGION:
            found |= {one for one in (code, *place.parents) if _is_regional(places, one)}
        else:
            districts = places.districts_of(code)
            found |= districts if len(districts) <= MOST_DISTRICTS else set()
    return found


def name_of(code: str) -> str:
    try:
        return Places.load().get(code).name
    except PlaceError:
        return code


@cache
def regions() -> frozenset[str]:
    """The regions of England, and the other three nations."""
    places = Places.load()
    return frozenset(one.code for one in places.all() if _is_regional(places, one.code))


def _is_regional(places: Places, code: str) -> bool:
    """A region of England, or one of the other three nations."""
    place = places.get(code)
    return place.kind == "region" or (place.kind == "country" and code[0] in "WSN")
