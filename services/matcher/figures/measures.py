"""Lines of a publication to measures of a district of 2023, and measures to one number."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from services.matcher.figures.shapes import Kind
from services.matcher.scoring.market.priority import district_hardship, worst_tenth

Measures = dict[str, float]
_NEIGHBOURHOOD = re.compile(r"[EWSN]\d{8}")
_COMPOSITES = {"ci1": "conditions_of_childhood", "ci2": "innovation_and_growth",
               "ci3": "labour_market_opportunities", "ci4": "promising_prospects"}  # fmt: skip
"""Codes of the Commission's composite indices."""
_QUOTED = 40


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with a line (0: with the whole file) and what would be right."""

    number: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.column}: {self.message}" if self.number else self.message


@dataclass(frozen=True, slots=True)
class Line:
    """One row that could be read: whom it is about as written and as districts, its numbers and
    what else it says, by the names of the shape.
    """

    number: int
    place: str
    districts: frozenset[str]
    values: Measures
    about: Mapping[str, str] = field(default_factory=dict)


def _neighbourhoods(lines: Sequence[Line], faults: list[LineFault]) -> dict[str, Measures]:
    """Of merged districts all neighbourhoods together."""
    seen: dict[str, int] = {}
    of: dict[str, list[Line]] = {}
    for line in lines:
        code = line.about["neighbourhood"]
        if not _NEIGHBOURHOOD.fullmatch(code):
            message = f"“{code[:_QUOTED]}” is no code of a neighbourhood; E01000001 would be one."
            faults.append(LineFault(line.number, "lsoa code", message))
        elif seen.setdefault(code, line.number) != line.number:
            message = f"{code} is on line {seen[code]} already; delete one of the two."
            faults.append(LineFault(line.number, "lsoa code", message))
        for district in line.districts:
            of.setdefault(district, []).append(line)
    last = max((line.values.get("rank", 0.0) for line in lines), default=0.0)
    return {
        district: {
            "worst_tenth": worst_tenth(np.array([_hardship(line, last) for line in found])),
            "neighbourhoods": float(len(found)),
            "in_most_deprived_tenth": float(sum(line.values["decile"] == 1 for line in found)),
        }
        for district, found in of.items()
    }


def _hardship(line: Line, last: float) -> float:
    """By rank where it is told, which is finer, else by tenth; in [0, 1]."""
    if "rank" in line.values and last > 1:
        return 1 - (line.values["rank"] - 1) / (last - 1)
    return (10 - line.values["decile"]) / 9


def _summaries(lines: Sequence[Line], faults: list[LineFault]) -> dict[str, Measures]:
    """Of merged districts the worst."""
    seen: dict[str, int] = {}
    found: dict[str, Measures] = {}
    for line in lines:
        for district in line.districts:
            before = found.get(district, {})
            found[district] = {
                name: max(value, before.get(name, value)) for name, value in line.values.items()
            }
        if seen.setdefault(line.place, line.number) != line.number:
            message = f"{line.place} is on line {seen[line.place]} already; delete one of the two."
            faults.append(LineFault(line.number, "district", message))
    return found


def _composites(lines: Sequence[Line], faults: list[LineFault]) -> dict[str, Measures]:
    found: dict[str, Measures] = {}
    told: dict[str, int] = {}
    for line in lines:
        for district in sorted(line.districts):
            if told.setdefault(district, line.number) != line.number:
                message = f"the same area is on line {told[district]}; delete one of the two."
                faults.append(LineFault(line.number, "area", message))
                break
            found[district] = line.values
    return found


def _composite(lines: Sequence[Line], faults: list[LineFault]) -> dict[str, Measures]:
    """One composite in a file of its own, with a line for every area."""
    named = []
    for line in lines:
        code = line.about["measure"].casefold()
        if code not in _COMPOSITES:
            message = f"“{code[:_QUOTED]}” is no composite; use one of {', '.join(_COMPOSITES)}."
            faults.append(LineFault(line.number, "measure_code", message))
            return {}
        named.append(replace(line, values={_COMPOSITES[code]: line.values["value"]}))
    return _composites(named, faults)


MEASURES: Mapping[Kind, Callable[[Sequence[Line], list[LineFault]], dict[str, Measures]]] = {
    "neighbourhoods": _neighbourhoods,
    "summary": _summaries,
    "composites": _composites,
    "composite": _composite,
}


# --- measures to one number ---
def _by_worst_tenth(measures: Mapping[str, Measures]) -> dict[str, float]:
    return {code: found["worst_tenth"] for code, found in measures.items()}


def _by_summary(measures: Mapping[str, Measures]) -> dict[str, float]:
    codes = sorted(measures)
    made = district_hardship(
        np.array([measures[code]["proportion"] for code in codes]),
        np.array([measures[code]["average_score"] for code in codes]),
    )
    return dict(zip(codes, made.tolist(), strict=True))


def _by_composites(measures: Mapping[str, Measures]) -> dict[str, float]:
    """A favourable composite is above 0, so the mean changes its sign."""
    return {code: -math.fsum(found.values()) / len(found) for code, found in measures.items()}


HARDSHIP: Mapping[Kind, Callable[[Mapping[str, Measures]], dict[str, float]]] = {
    "neighbourhoods": _by_worst_tenth,
    "summary": _by_summary,
    "composites": _by_composites,
    "composite": _by_composites,
}
