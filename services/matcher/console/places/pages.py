"""The local project of a place, told as one story."""

from flask import Response

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.places.drawing import small_map
from services.matcher.console.places.read import place_page
from services.matcher.console.showing import render
from services.matcher.scoring.choosing.projects import project_for
from shared.reference.places import PlaceError
from shared.web.problems import problem


@console.get("/places/<code>")
@may_look
def place(code: str) -> Response:
    here = parts()
    try:
        with here.database.read() as connection:
            page = place_page(connection, code)
    except PlaceError:
        problem(
            404, "not_found", f"No place {code[:20]} is known. Give an ONS code such as E07000076."
        )
    unserved = [one.need["need_id"] for one in page.needs if not one.runs]
    titles = {one.need["need_id"]: one.need["title"] for one in page.needs}
    with here.insight.index() as index:
        project = project_for(index, unserved, here.settings.least_score)
    picture = small_map([code], title=f"Where {page.place.name} is")
    return render("places/place.html", page=page, project=project, titles=titles, picture=picture)
