"""How hard life is in the places of a need, by official figures that were imported (stage 3).

A district's priority is the share of the districts with figures that are better off than it, so
0.5 is the middle and nothing hangs on the scale of a publication. Of several publications the
finest speaks, and of those equally fine the newest; where none does, priority is unknown.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.text.represent import PlaceBook, districts_of

Level = Literal["neighbourhood", "district", "area"]
LEVELS: tuple[Level, ...] = ("neighbourhood", "district", "area")
"""Finest first. An area may hold several districts, a neighbourhood lies in one."""

TOO_WIDE = ("region", "country")
"""Kinds of place that hold both ends of the range, so that naming one says nothing of where."""

DECIMALS = 4
_SAID: Mapping[Level, str] = {
    "neighbourhood": "The worst-off tenth of the neighbourhoods of {name} is more deprived than "
    "that of {share} with figures",
    "district": "{name} is more deprived than {share} with figures",
    "area": "People have a harder start in {name} than in {share} with figures",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """One publication: `hardship` by district code of 2023, higher is worse, in any unit."""

    dataset: str
    title: str
    level: Level
    published: date
    licence: str
    hardship: Mapping[str, float]

    @property
    def cited(self) -> str:
        """Source, date and licence, as they are shown wherever the figures are used."""
        day = f"{self.published.day} {self.published:%B %Y}"
        return f"{self.title}, published {day}, {self.licence}"

    @property
    def turn(self) -> tuple[int, int, str]:
        """The lowest speaks: the finest, then the newest."""
        return LEVELS.index(self.level), -self.published.toordinal(), self.dataset


@dataclass(frozen=True, slots=True)
class DistrictPriority:
    """What is known of one district. `priority` in [0, 1], higher is worse off."""

    district: str
    priority: float
    level: Level
    cited: str

    def said(self, name: str) -> str:
        """In a coordinator's words, `name` being the district's; to be shown beside its source."""
        return _SAID[self.level].format(name=name, share=_share(self.priority))

    def sentence(self, name: str) -> str:
        """The same with its source."""
        return f"{self.said(name)} ({self.cited})."


class Priorities:
    """The priority of every district; immutable. Without figures everything is unknown."""

    def __init__(self, figures: Iterable[Figures] = ()) -> None:
        ordered = sorted(figures, key=lambda one: one.turn)
        self.version = _version(ordered)
        self._known: dict[str, DistrictPriority] = {}
        for one in ordered:
            self._learn(one)

    @classmethod
    def of_known(cls, known: Iterable[DistrictPriority]) -> "Priorities":
        """Districts whose priority was worked out before, as a match keeps it."""
        made = cls()
        made._known = {one.district: one for one in known}
        return made

    def _learn(self, figures: Figures) -> None:
        districts = sorted(figures.hardship)
        ranked = shares_below(np.array([figures.hardship[code] for code in districts]))
        for code, share in zip(districts, ranked.tolist(), strict=True):
            found = DistrictPriority(code, round(share, DECIMALS), figures.level, figures.cited)
            self._known.setdefault(code, found)

    def __bool__(self) -> bool:
        return bool(self._known)

    def priority_of(self, district: str) -> float:
        """In [0, 1], higher is worse off; NaN where nothing is known of the district."""
        found = self._known.get(district)
        return found.priority if found else float("nan")

    def of_district(self, district: str) -> DistrictPriority | None:
        return self._known.get(district)

    def speaks(self, figures: Figures, district: str) -> bool:
        """Whether a district's priority comes of these figures, and not of finer or newer ones."""
        found = self._known.get(district)
        return found is not None and (found.level, found.cited) == (figures.level, figures.cited)

    def of_places(self, places: PlaceBook, codes: Iterable[str]) -> DistrictPriority | None:
        """The worst-off district of all these places, ties by code: a county's average would
        hide it. Regions and countries take no part; None where nothing is known.
        """
        if not self._known:
            return None
        districts = sorted(districts_meant(places, codes))
        found = [self._known[code] for code in districts if code in self._known]
        return max(found, key=lambda one: one.priority, default=None)

    def as_array(self, district_index: Mapping[str, int]) -> NDArray[np.float64]:
        """Shape (n_districts,), in the order of `district_index`, unknown as NaN."""
        row = np.full(len(district_index), np.nan)
        for code, place in district_index.items():
            row[place] = self.priority_of(code)
        return row


def districts_meant(places: PlaceBook, codes: Iterable[str]) -> set[str]:
    """Districts of these places; of none that is too wide to say where."""
    return {
        district
        for code in codes
        if _kind(places, code) not in TOO_WIDE
        for district in districts_of(places, code)
    }


def share_below(below: int, equal: int, count: int) -> float:
    """What `shares_below` says of one of `count` values, with so many others below and equal."""
    return (below + equal / 2) / (count - 1) if count > 1 else 0.5


def shares_below(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each value the share of the others below it, ties by half; one alone is in the middle.

    Shape as given, in [0, 1].
    """
    if len(values) < 2:
        return np.full(len(values), 0.5)
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left")
    equal = np.searchsorted(ordered, values, side="right") - below - 1
    shares: NDArray[np.float64] = (below + equal / 2) / (len(values) - 1)
    return shares


def worst_tenth(hardship: NDArray[np.float64]) -> float:
    """Mean over the worst tenth of a district's neighbourhoods, at least one of them."""
    most = max(1, round(len(hardship) / 10))
    return float(np.sort(hardship)[-most:].mean())


def district_hardship(
    proportion: NDArray[np.float64], average_score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of local authority summaries: the mean of a district's standing by its share of
    neighbourhoods in the most deprived tenth of the country and by its average score.

    All of shape (n_districts,); the first alone cannot tell apart the third of districts that
    have none, the second alone hides a pocket.
    """
    made: NDArray[np.float64] = (shares_below(proportion) + shares_below(average_score)) / 2
    return made


def _share(priority: float) -> str:
    """Rounded away from the ends, which are said only where they are meant."""
    if priority in (0.0, 1.0):
        return "every other district" if priority else "no other district"
    return f"{min(99, max(1, round(100 * priority)))}% of the districts"


def _kind(places: PlaceBook, code: str) -> str:
    try:
        return places.get(code).kind
    except LookupError:
        return ""


def _version(figures: Iterable[Figures]) -> str:
    """Names what was imported by its content; empty where nothing was."""
    content = [[one.dataset, one.cited, one.level, sorted(one.hardship.items())] for one in figures]
    if not content:
        return ""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]
