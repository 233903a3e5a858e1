"""Outlines of the districts of 2023, to be drawn: `Outlines.load().path("E07000076")`.

Built from postcode points (docs/attribution.md): a picture for orientation, good to some hundred
metres, and never a boundary to decide by.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "places" / "districts.json"
NORTH = 12_300
"""In units; what is north of all districts is 0 of the picture, which counts downwards."""
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Part of the picture, in units."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class Outlines:
    """Immutable; get it with `Outlines.load()`. Unknown codes raise KeyError."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.unit_m: int = content["unit_m"]
        arcs = [_points(steps) for steps in content["arcs"]]
        self._rings: dict[str, list[list[Point]]] = {
            code: [_closed(arcs, ring) for ring in rings]
            for code, rings in content["districts"].items()
        }
        self._paths: dict[str, str] = {}

    @staticmethod
    def load() -> "Outlines":
        """The one instance of this process; reads the file the first time only."""
        return _loaded()

    @property
    def codes(self) -> Sequence[str]:
        return list(self._rings)

    def rings(self, code: str) -> Sequence[Sequence[Point]]:
        """Each part of the district, and each hole in it, as points of the British grid in units;
        the last point is next to the first.
        """
        return self._rings[code]

    def path(self, code: str) -> str:
        """What goes into `d` of an SVG path, to be filled by the even-odd rule."""
        if code not in self._paths:
            self._paths[code] = "".join(_path(ring) for ring in self._rings[code])
        return self._paths[code]

    def box(self, codes: Iterable[str], margin: float = 0.04) -> Box:
        """What shows all of these districts, with a margin of that part of the longer side."""
        points = [point for code in codes for ring in self._rings[code] for point in ring]
        across, up = [x for x, _ in points], [NORTH - y for _, y in points]
        edge = round(max(max(across) - min(across), max(up) - min(up)) * margin) + 1
        return Box(min(across) - edge, min(up) - edge, max(across) + edge, max(up) + edge)

    def middle(self, code: str) -> Point:
        """Of the box of its largest part, in the picture."""
        ring = max(self._rings[code], key=len)
        across, up = [x for x, _ in ring], [NORTH - y for _, y in ring]
        return (min(across) + max(across)) // 2, (min(up) + max(up)) // 2


@functools.cache
def _loaded() -> Outlines:
    return Outlines(json.loads(_FILE.read_text(encoding="utf-8")))


def _points(steps: Sequence[int]) -> list[Point]:
    found, x, y = [], 0, 0
    for across, up in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + across, y + up
        found.append((x, y))
    return found


def _closed(arcs: Sequence[list[Point]], ring: Iterable[int]) -> list[Point]:
    """The points of a ring; `~n` is arc n from its end to its beginning."""
    points: list[Point] = []
    for signed in ring:
        arc = arcs[signed] if signed >= 0 else arcs[~signed][::-1]
        points += arc[:-1]
    return points


def _path(ring: Sequence[Point]) -> str:
    """Steps from point to point, without the blanks that a minus sign makes needless."""
    (x, y), parts = ring[0], [f"M{ring[0][0]} {NORTH - ring[0][1]}l"]
    for across, up in ring[1:]:
        for step in (across - x, y - up):
            parts.append(str(step) if step < 0 or parts[-1].endswith("l") else f" {step}")
        x, y = across, up
    return "".join(parts) + "z"
