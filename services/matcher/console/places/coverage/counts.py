"""Needs, what reaches them and what is missing, by place: the numbers of the coverage page.

A need for a county counts in each of its districts; one for a region or a country is for no
district in particular, and is told beside the map.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.matcher.console.places.coverage.held import Standing
from services.matcher.console.places.drawing import districts
from services.matcher.domain.assignment import DISTRICT, REGION
from services.matcher.domain.entities import Capability, Need
from services.matcher.rounds.places_of_needs import places_at
from services.matcher.scoring.market.priority import DistrictPriority
from shared.reference.places import UNITED_KINGDOM, Places

NEUTRAL = 0.5
"""The priority that a district without figures counts with: neither more nor less than others."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is counted: listings with this goal and this life stage, where they are asked for."""

    goal: int | None = None
    stage: str = ""

    def fits(self, one: Need | Capability) -> bool:
        return (self.goal is None or self.goal in one.goals) and (
            not self.stage or self.stage in one.beneficiaries
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One district. `unmet` of its needs have no match under way; `offers` reach it."""

    code: str
    name: str
    needs: int
    unmet: int
    offers: int
    priority: DistrictPriority | None

    @property
    def weight(self) -> float:
        """From a half to one and a half, by official figures; 1 where there are none."""
        return 0.5 + (self.priority.priority if self.priority else NEUTRAL)

    @property
    def weighted(self) -> float:
        return self.unmet * self.weight

    @property
    def cold(self) -> bool:
        return self.needs > 0 and self.unmet == self.needs


@dataclass(frozen=True, slots=True)
class Cell:
    needs: int
    unmet: int


@dataclass(frozen=True, slots=True)
class Counted:
    lines: Sequence[Line]
    """Of every district of the area, by name."""
    needs: int
    unmet: int
    offers: int
    wider: int
    """Needs among them that are for no district in particular."""

    @property
    def cold_spots(self) -> list[Line]:
        """Places with need and nothing that reaches it, the most pressing first."""
        cold = [one for one in self.lines if one.cold]
        return sorted(cold, key=lambda one: (-one.weighted, one.name))


def count(standing: Standing, chosen: Chosen, area: str = UNITED_KINGDOM) -> Counted:
    """Raises `PlaceError` for an area that is not known."""
    places = Places.load()
    inside = places.districts_of(area)
    needs, unmet, wider = _needs_by_district(standing, chosen, inside)
    offers, reaching = _offers_by_district(standing, chosen, inside)
    lines = [
        Line(
            code,
            places.get(code).name,
            len(needs.get(code, ())),
            len(needs.get(code, set()) & unmet),
            offers[code],
            standing.priorities.of_district(code),
        )
        for code in inside
    ]
    counted = {one for found in needs.values() for one in found} | wider
    lines.sort(key=lambda one: (one.name, one.code))
    return Counted(lines, len(counted), len(counted & unmet), reaching, len(wider))


def _needs_by_district(
    standing: Standing, chosen: Chosen, inside: frozenset[str]
) -> tuple[dict[str, set[str]], set[str], set[str]]:
    """Needs by district, needs that nothing is under way for, and needs of the area as a whole."""
    by_district: dict[str, set[str]] = {}
    unmet, wider = set(), set()
    for one in standing.needs:
        codes = one.places or standing.homes.get(one.member_id, ())
        found = _at(codes, DISTRICT) & inside
        if not chosen.fits(one) or not (found or _covered(codes) & inside):
            continue
        if not found:
            wider.add(one.id)
        if one.id not in standing.served:
            unmet.add(one.id)
        for code in found:
            by_district.setdefault(code, set()).add(one.id)
    return by_district, unmet, wider


def _offers_by_district(
    standing: Standing, chosen: Chosen, inside: frozenset[str]
) -> tuple[Counter[str], int]:
    """How many reach each district, and how many reach any. What is remote reaches all; one that
    nobody said a place of may reach any, so it is not counted.
    """
    shapes: Counter[frozenset[str]] = Counter()
    for one in standing.offers:
        if chosen.fits(one):
            codes = one.delivers_in or standing.homes.get(one.member_id, ())
            shapes[inside if one.mode == "remote" else _covered(codes) & inside] += 1
    found: Counter[str] = Counter()
    for covered, many in shapes.items():
        for code in covered:
            found[code] += many
    return found, sum(many for covered, many in shapes.items() if covered)


def grid(standing: Standing, stage: str, regions: Iterable[str]) -> dict[tuple[int, str], Cell]:
    """Needs by goal and region (or nation); a need counts under each of its goals."""
    known = frozenset(regions)
    needs: Counter[tuple[int, str]] = Counter()
    unmet: Counter[tuple[int, str]] = Counter()
    chosen = Chosen(None, stage)
    for one in standing.needs:
        if not chosen.fits(one):
            continue
        codes = one.places or standing.homes.get(one.member_id, ())
        cells = [(goal, region) for goal in one.goals for region in _at(codes, REGION) & known]
        needs.update(cells)
        if one.id not in standing.served:
            unmet.update(cells)
    return {cell: Cell(many, unmet[cell]) for cell, many in needs.items()}


def regions() -> list[str]:
    """The nine regions of England and the other three nations, from north to south."""
    places = [
        one
        for one in Places.load().all()
        if one.kind == "region" or (one.kind == "country" and one.code[0] in "WSN")
    ]
    return [one.code for one in sorted(places, key=lambda one: -one.latitude)]


SORTS: dict[str, Callable[[Line], tuple[float, str] | tuple[str, str]]] = {
    "unmet": lambda one: (-one.weighted, one.name),
    "name": lambda one: (one.name, one.code),
    "needs": lambda one: (-one.needs, one.name),
    "without": lambda one: (-one.unmet, one.name),
    "offers": lambda one: (one.offers, one.name),
    "priority": lambda one: (-(one.priority.priority if one.priority else -1), one.name),
}


def sorted_lines(lines: Iterable[Line], sort: str) -> list[Line]:
    return sorted(lines, key=SORTS[sort])


@lru_cache(maxsize=8192)
def _at(codes: tuple[str, ...], level: str) -> frozenset[str]:
    return frozenset(places_at(codes, level))


@lru_cache(maxsize=8192)
def _covered(codes: tuple[str, ...]) -> frozenset[str]:
    return districts(codes)
