"""The map of the coverage page: a shade, a sentence and a link for each district.

Shapes come from one file that browsers keep (`/coverage/outlines.svg`), so a page carries no
coordinates; each district on it is a use of its shape.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.matcher.console.places.coverage.counts import Counted, Line
from services.matcher.console.places.coverage.shades import Step, shade_of, steps_of
from services.matcher.console.places.drawing import view_box
from shared.reference.outlines import Outlines


@dataclass(frozen=True, slots=True)
class Measure:
    title: str
    about: str
    of: Callable[[Line], float]


MEASURES: Mapping[str, Measure] = {
    "unmet": Measure(
        "Unmet need, weighted",
        "Open needs that no match is under way for, counting more where official figures say "
        "that life is harder: from a half in the best-off district to one and a half in the "
        "worst-off. A district without figures counts as it is.",
        lambda one: one.weighted,
    ),
    "needs": Measure(
        "Open needs",
        "Published needs of members that are not paused.",
        lambda one: float(one.needs),
    ),
    "offers": Measure(
        "Offers that reach the place",
        "Published offers delivered in the district, or from afar.",
        lambda one: float(one.offers),
    ),
}


@dataclass(frozen=True, slots=True)
class District:
    code: str
    shade: int
    cold: bool
    title: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Map:
    view_box: str
    districts: Sequence[District]
    steps: Sequence[Step]


def map_of(counted: Counted, measure: Measure) -> Map:
    """Cold spots are drawn last, so that no neighbour's line runs over theirs."""
    outlines = Outlines.load()
    steps = steps_of(measure.of(one) for one in counted.lines)
    drawn = [
        District(
            one.code,
            shade_of(measure.of(one), steps),
            one.cold,
            said(one),
            bool(one.needs),
        )
        for one in sorted(counted.lines, key=lambda one: (one.cold, one.code))
    ]
    box = outlines.box([one.code for one in counted.lines], margin=0.02)
    return Map(view_box(box), drawn, steps)


def said(line: Line) -> str:
    """The numbers of a district in a sentence, for whoever points at it or hears it."""
    needs = f"{line.needs} open need{'' if line.needs == 1 else 's'}"
    if line.needs:
        needs += f", {line.unmet or 'none'} with nothing under way"
    offers = f"{line.offers} offer{' reaches' if line.offers == 1 else 's reach'} it"
    return f"{line.name}: {needs}; {offers}"


def outlines_svg() -> str:
    """Every district's shape under its code, to be used by maps."""
    outlines = Outlines.load()
    shapes = "".join(
        f'<path id="{code}" vector-effect="non-scaling-stroke" d="{outlines.path(code)}"/>'
        for code in outlines.codes
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg"><defs>{shapes}</defs></svg>'
