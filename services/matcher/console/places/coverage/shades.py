"""Numbers to a handful of shades, each with the words of the legend."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHADES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """Shade `number` (1 is palest) stands for values above the step before, up to `up_to`."""

    number: int
    words: str
    up_to: float


def steps_of(values: Iterable[float]) -> list[Step]:
    """Steps with about equally many places each, of the values above 0; fewer where few differ."""
    found = sorted(round(value, 1) for value in values if value > 0)
    if not found:
        return []
    ends = sorted({found[(len(found) * part - 1) // SHADES] for part in range(1, SHADES + 1)
                   if len(found) * part >= SHADES})  # fmt: skip
    last = 0.0
    steps: list[Step] = []
    for end in ends:
        lowest = min(value for value in found if value > last)
        said = _said(end) if lowest == end else f"{_said(lowest)} to {_said(end)}"
        steps.append(Step(0, said, end))
        last = end
    # The darkest is for the highest, however few steps there are.
    first = SHADES - len(steps) + 1 if len(steps) < SHADES else 1
    return [Step(first + place, one.words, one.up_to) for place, one in enumerate(steps)]


def shade_of(value: float, steps: Sequence[Step]) -> int:
    """0 for nothing."""
    if value <= 0:
        return 0
    return next(one.number for one in steps if round(value, 1) <= one.up_to)


def _said(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"
