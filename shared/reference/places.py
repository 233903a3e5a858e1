"""The places of the United Kingdom as of 2023, and every question the services ask about them.

places = Places.load()
places.resolve("Tendring").code          # E07000076
places.mask(["E10000012"]) & places.mask(["E07000076"])   # non-zero: they overlap
"""

import functools
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

from shared.reference import tables
from shared.reference.place import (
    AmbiguousPlace,
    Candidate,
    Kind,
    Place,
    PlaceError,
    Resolution,
    UnknownPlace,
)
from shared.reference.resolve import Resolver

UNITED_KINGDOM = "K02000001"
_EARTH_RADIUS_KM = 6371.0088
# Great Britain, and England and Wales, are names people write, but nobody's parent.
_NOT_PARENTS = frozenset({"K03000001", "K04000001"})
_ORDER: tuple[Kind, ...] = ("county", "combined_authority", "region", "country")


class Places:
    """All places; immutable and safe to share between threads. Get it with `Places.load()`.

    Every method that takes a code accepts the later codes of Barnsley and Sheffield too, and
    raises `UnknownPlace` for a code that is none.
    """

    def __init__(self, source: tables.Tables) -> None:
        districts = sorted(row.code for row in source.areas if row.kind == "district")
        self._index = MappingProxyType({code: bit for bit, code in enumerate(districts)})
        self._districts = {
            row.code: frozenset(row.districts or (row.code,)) for row in source.areas
        }
        self._places = _with_parents(source.areas, self._districts)
        self._masks = {
            code: sum(1 << self._index[district] for district in covered)
            for code, covered in self._districts.items()
        }
        beside: dict[str, set[str]] = {code: set() for code in districts}
        for one, other in source.neighbours:
            beside[one].add(other)
            beside[other].add(one)
        self._beside = {code: frozenset(codes) for code, codes in beside.items()}
        self._resolver = Resolver(self._places, self._districts, source)

    @staticmethod
    def load() -> "Places":
        """The one instance of this process; reads the tables the first time only."""
        return _loaded()

    @property
    def district_index(self) -> Mapping[str, int]:
        """Bit number of each of the 361 districts, in the order of their codes."""
        return self._index

    def all(self) -> tuple[Place, ...]:
        """Every place of every kind, sorted by code."""
        return tuple(self._places.values())

    def get(self, code: str) -> Place:
        """The place of exactly this code; use `resolve` for what a person wrote."""
        return self._places[self._canonical(code)]

    def edition_of_2023(self, code: str) -> str:
        """The code of 2023 for a code of any year: its own, its successor's, or that of the
        larger district it is part of now. For figures of other years; a place that somebody
        names goes through `resolve`, which refuses the last.
        """
        row = None if code in self._places else self._resolver.successor(code)
        return row.replaced_by if row is not None else self._canonical(code)

    def districts_of(self, code: str) -> frozenset[str]:
        """Codes of the districts it covers; a district covers itself."""
        return self._districts[self._canonical(code)]

    def mask(self, codes: Iterable[str]) -> int:
        """The districts covered by any of `codes` as a bit set: `&` tells whether two overlap."""
        total = 0
        for code in codes:
            total |= self._masks[self._canonical(code)]
        return total

    def neighbours(self, code: str) -> frozenset[str]:
        """Codes of the districts outside the place that share a land border with it."""
        covered = self.districts_of(code)
        beside: set[str] = set()
        for district in covered:
            beside |= self._beside[district]
        return frozenset(beside - covered)

    def touches(self, code_a: str, code_b: str) -> bool:
        """Whether the two overlap or share a land border; estuaries separate, bridged or not."""
        one, other = self.districts_of(code_a), self.districts_of(code_b)
        return bool(one & other) or bool(self.neighbours(code_a) & other)

    def distance_km(self, code_a: str, code_b: str) -> float:
        """Between the two centres along the ground, 0.0 for the same place."""
        one, other = self.get(code_a), self.get(code_b)
        lat_a, lat_b = math.radians(one.latitude), math.radians(other.latitude)
        half_lat = (lat_b - lat_a) / 2
        half_long = math.radians(other.longitude - one.longitude) / 2
        root = math.sin(half_lat) ** 2
        root += math.cos(lat_a) * math.cos(lat_b) * math.sin(half_long) ** 2
        return 2 * _EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(root)))

    def resolve(self, text: str) -> Resolution:
        """The place a person means by a code, a name or a postcode, and a sentence saying so.

        A postcode is placed by its outward code, in the district with most of its postcodes.
        Raises `UnknownPlace` or `AmbiguousPlace`, whose messages say what to write instead.
        """
        return self._resolver.resolve(text)

    def _canonical(self, code: str) -> str:
        if code in self._places:
            return code
        if not isinstance(code, str):
            raise UnknownPlace(repr(code), reason="A code is written as text.")
        row = self._resolver.successor(code)
        # A former district is now part of a larger one, which is not the place that was asked for.
        if row is not None and self._places[row.replaced_by].name == row.name:
            return row.replaced_by
        raise self._resolver.unknown(code)


@functools.cache
def _loaded() -> Places:
    return Places(tables.read())


def _with_parents(
    areas: Iterable[tables.AreaRow], districts: Mapping[str, frozenset[str]]
) -> dict[str, Place]:
    rows = list(areas)
    containers = [row for row in rows if row.kind != "district" and row.code not in _NOT_PARENTS]
    containers.sort(key=lambda row: (_ORDER.index(cast("Kind", row.kind)), len(row.districts)))
    found: dict[str, Place] = {}
    for row in rows:
        covered = districts[row.code]
        parents = tuple(
            other.code
            for other in containers
            if other.code != row.code and covered <= districts[other.code]
        )
        kind = cast("Kind", row.kind)
        found[row.code] = Place(row.code, row.name, kind, parents, row.latitude, row.longitude)
    return found


__all__ = (
    "UNITED_KINGDOM",
    "AmbiguousPlace",
    "Candidate",
    "Kind",
    "Place",
    "PlaceError",
    "Places",
    "Resolution",
    "UnknownPlace",
)
