"""Small maps of districts for any page: `small_map(["E07000076"], title="…")` is SVG to be shown.

Colours come from classes (console.css), so nothing is inline that the policy of pages refuses;
whatever a map says is also said in words beside it, and in its title.
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from shared.reference.outlines import Box, Outlines
from shared.reference.place import PlaceError
from shared.reference.places import Places

WIDEST = 40
"""Of a place with more districts than this, those around it are left out of a small map."""


def districts(codes: Iterable[str]) -> frozenset[str]:
    """Every district of these places; a code that is not known has none."""
    found: set[str] = set()
    for code in codes:
        try:
            found |= Places.load().districts_of(code)
        except PlaceError:
            continue
    return frozenset(found)


def small_map(
    places: Iterable[str], reached: Iterable[str] = (), *, title: str, small: bool = True
) -> Markup:
    """The districts of `places` (codes of any kind) set off among their neighbours, and shaded
    where `reached` (places something is delivered in) covers them. Empty where none is known.

    `title` says in words what the map shows; it is read out and shown on hover.
    """
    meant = districts(places)
    if not meant:
        return Markup()
    covered = districts(reached)
    around = set(meant)
    if len(meant) <= WIDEST:
        for code in meant:
            around |= Places.load().neighbours(code)
    classes = {code: _class(code in meant, code in covered) for code in sorted(around)}
    outlines = Outlines.load()
    box = outlines.box(meant, margin=0.25 if len(meant) <= WIDEST else 0.03)
    size = "map map-small" if small else "map"
    return Markup('<svg class="{}" role="img" viewBox="{}"><title>{}</title>{}</svg>').format(
        size, view_box(box), title, _shapes(classes, outlines)
    )


def view_box(box: Box) -> str:
    return f"{box.left} {box.top} {box.width} {box.height}"


def _class(meant: bool, covered: bool) -> str:
    if meant:
        return "map-here-reached" if covered else "map-here"
    return "map-reached" if covered else "map-land"


def _shapes(classes: Mapping[str, str], outlines: Outlines) -> Markup:
    """What is set off is drawn last, so that no neighbour's line runs over it."""
    ordered = sorted(classes, key=lambda code: ("here" in classes[code], code))
    path = Markup('<path class="{}" d="{}"><title>{}</title></path>')
    name = Places.load().get
    return Markup().join(
        path.format(classes[code], outlines.path(code), name(code).name) for code in ordered
    )
