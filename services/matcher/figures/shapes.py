"""The publications that are known, by the words of their header. This is the whole list.

A header is compared without case, doubled spaces and explanations: "Rank (where 1 is most
deprived)" is the rank, in whatever edition of a file it is spelt out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.matcher.scoring.market.priority import Level

OPEN_LICENCE = "Open Government Licence v3.0"
ENGLAND = ("E",)
UNITED_KINGDOM = ("E", "N", "S", "W")
Kind = Literal["neighbourhoods", "summary", "composites", "composite"]
_EXPLAINED = re.compile(r"\s*\(where .*")


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers; `headers` are the ways it is written, `least` to `most` its range."""

    name: str
    headers: tuple[str, ...]
    least: float
    most: float
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A publication and how one of its files is laid out.

    `place` is the column of the district's code, or of the area's name where `by_name`; `about`
    further columns that are needed, by what they are for; `nations` the first letters of the codes
    whose districts must all be there; `lines` how many there must be, where that is known.
    """

    dataset: str
    title: str
    level: Level
    kind: Kind
    place: str
    numbers: tuple[Number, ...]
    published: date | None
    nations: tuple[str, ...] = ENGLAND
    by_name: bool = False
    about: Mapping[str, str] | None = None
    lines: int | None = None
    licence: str = OPEN_LICENCE

    def columns(self, header: Sequence[str]) -> dict[str, int] | None:
        """Where everything stands in a header; None when it is another file's."""
        at = {name: place for place, name in reversed(list(enumerate(header)))}
        wanted: dict[str, tuple[str, ...]] = {
            "place": (self.place,),
            **{k: (v,) for k, v in (self.about or {}).items()},
        }
        wanted |= {number.name: number.headers for number in self.numbers}
        found = {
            name: next((at[one] for one in ways if one in at), -1) for name, ways in wanted.items()
        }
        spare = {number.name for number in self.numbers if number.optional}
        if any(place < 0 and name not in spare for name, place in found.items()):
            return None
        return {name: place for name, place in found.items() if place >= 0}


def plain_header(cells: Iterable[object]) -> list[str]:
    words = (" ".join(str("" if cell is None else cell).split()).casefold() for cell in cells)
    return [_EXPLAINED.sub("", word.lstrip("\ufeff")) for word in words]


_IOD = "English Indices of Deprivation"
_LSOA = "index of multiple deprivation (imd)"


def _neighbourhoods(edition: int, boundary: int, districts: int, lines: int, day: date) -> Shape:
    return Shape(
        dataset=f"iod{edition}-neighbourhoods",
        title=f"{_IOD} {edition}, neighbourhoods",
        level="neighbourhood",
        kind="neighbourhoods",
        place=f"local authority district code ({districts})",
        about={"neighbourhood": f"lsoa code ({boundary})"},
        numbers=(
            Number("decile", (f"{_LSOA} decile",), 1, 10),
            Number("rank", (f"{_LSOA} rank",), 1, lines, optional=True),
        ),
        published=day,
        lines=lines,
    )


def _summary(edition: int, place: str, proportion: str, score: str, day: date) -> Shape:
    return Shape(
        dataset=f"iod{edition}-districts",
        title=f"{_IOD} {edition}, local authority summaries",
        level="district",
        kind="summary",
        place=place,
        numbers=(
            Number("proportion", (proportion,), 0, 1),
            Number("average_score", (score,), 0, 100),
        ),
        published=day,
    )


def _social_mobility(kind: Kind, place: str, *, by_name: bool, long: bool = False) -> Shape:
    about = {"measure": "measure_code", "period": "time_period"} if long else None
    names = ("conditions_of_childhood", "innovation_and_growth", "labour_market_opportunities",
             "promising_prospects")  # fmt: skip
    wide = tuple(Number(name, (f"{name}_z",), -10, 10, optional=True) for name in names[1:])
    first = Number(names[0], (f"{names[0]}_z",), -10, 10)
    return Shape(
        dataset="smc-composites",
        title="Social Mobility Commission, State of the Nation composites",
        level="area",
        kind=kind,
        place=place,
        by_name=by_name,
        about=about,
        numbers=(Number("value", ("value",), -10, 10),) if long else (first, *wide),
        published=None,
        nations=UNITED_KINGDOM,
    )


_OF_2019, _OF_2025 = date(2019, 9, 26), date(2025, 10, 30)
_OFFICIAL = ("imd - proportion of lsoas in most deprived 10% nationally", "imd - average score")
_TIDIED = ("imd_proportion_of_lso_as_in_most_deprived_10_percent_nationally", "imd_average_score")

SHAPES: tuple[Shape, ...] = (
    _neighbourhoods(2025, 2021, 2024, 33_755, _OF_2025),
    _neighbourhoods(2019, 2011, 2019, 32_844, _OF_2019),
    _summary(2025, "local authority district code (2024)", *_OFFICIAL, _OF_2025),
    _summary(2019, "local authority district code (2019)", *_OFFICIAL, _OF_2019),
    _summary(2025, "ltla24_code", *_TIDIED, _OF_2025),
    _summary(2019, "lad23cd", "proportion", "score", _OF_2019),
    _social_mobility("composite", "area_name", by_name=True, long=True),
    _social_mobility("composites", "lad23cd", by_name=False),
    _social_mobility("composites", "smc_area", by_name=True),
)
"""More particular ones first: the first that fits a header is taken."""
