"""The local project of a place, told as one story, to be read, printed or shared."""

from flask import Response

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.places.coverage.held import held
from services.matcher.console.places.drawing import districts, small_map
from services.matcher.console.places.read import PlacePage, place_page
from services.matcher.console.showing import render
from services.matcher.scoring.choosing.projects import Project, project_for
from services.matcher.scoring.market.priority import Priorities
from shared.reference.places import PlaceError, Places
from shared.web.problems import problem

MOST_FIGURES = 3


@console.get("/places/<code>")
@may_look
def place(code: str) -> Response:
    here = parts()
    try:
        with here.database.read() as connection:
            page = place_page(connection, code)
            priorities = held().priorities(connection)
    except PlaceError:
        problem(
            404, "not_found", f"No place {code[:20]} is known. Give an ONS code such as E07000076."
        )
    figures, sources = _figures(priorities, code)
    return render(
        "places/place.html",
        page=page,
        project=_together(page),
        titles={one.need["need_id"]: one.need["title"] for one in page.needs},
        picture=small_map([code], title=f"Where {page.place.name} is"),
        figures=figures,
        sources=sources,
    )


def _together(page: PlacePage) -> Project | None:
    """Who could serve what nobody works on yet; not asked where there is no such need."""
    unserved = [one.need["need_id"] for one in page.needs if not one.runs]
    if not unserved:
        return None
    here = parts()
    with here.insight.index() as index:
        return project_for(index, unserved, here.settings.least_score)


def _figures(priorities: Priorities, code: str) -> tuple[list[str], list[str]]:
    """What official figures say of the place's districts, the worst-off first, and the sources."""
    known = [
        found
        for district in districts([code])
        if (found := priorities.of_district(district)) is not None
    ]
    known.sort(key=lambda one: (-one.priority, one.district))
    shown, name = known[:MOST_FIGURES], Places.load().get
    said = [one.said(name(one.district).name) for one in shown]
    return said, sorted({one.cited for one in shown})
