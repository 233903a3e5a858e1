"""One match: both sides, why it was proposed, what happened so far; and the same on one sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request

from services.matcher.console.accounts.coordinators import names_of
from services.matcher.console.blueprint import console, may_look
from services.matcher.console.clients import Told
from services.matcher.console.match.compare import MOST
from services.matcher.console.match.fitting import exchanges, passed, place_map
from services.matcher.console.match.read import MatchPage, contributions, load_page, roles
from services.matcher.console.match.records import records_of
from services.matcher.console.match.timeline import timeline
from services.matcher.console.parts import actor, parts, transaction
from services.matcher.console.review.listed import list_of, neighbours
from services.matcher.console.showing import may_decide_here, render
from services.matcher.domain.errors import UnknownMatch
from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.explaining.marks import marks_of
from services.matcher.review import view_match
from shared.web.problems import problem

NOTHING: Mapping[str, str] = {}
NEAR_SHOWN = 3
"""Near misses on the page of a match; trying out what would change one takes its time."""


@console.get("/matches/<match_id>")
@may_look
def match(match_id: str) -> Response:
    return show_match(match_id)


@console.get("/matches/<match_id>/print")
@may_look
def print_match(match_id: str) -> Response:
    page, told = _load(match_id)
    return render(
        "match/print.html",
        page=page,
        match=page.match,
        told=told,
        bars=contributions(page.match),
        roles=roles(page.match),
        events=timeline(page, told),
    )


@console.get("/matches/<match_id>/compare")
@may_look
def compare_match(match_id: str) -> Response:
    """`?with=` names capabilities, up to four; without it the need's best are compared."""
    page = the_match(match_id)
    found = parts().compare.of_match(page.match, request.args.getlist("with"))
    return render("match/compare.html", page=page, match=page.match, found=found, most=MOST)


def show_match(
    match_id: str,
    *,
    said: str = "",
    form: str = "",
    faults: Mapping[str, str] = NOTHING,
    values: Mapping[str, str] = NOTHING,
    status: int = 200,
) -> Response:
    """The page, with what was wrong with a form and what had been typed, so nothing is lost."""
    page, told = _load(match_id)
    _mark_seen(page.match)
    with parts().database.read() as connection:
        following, waiting = neighbours(connection, match_id)
        records = records_of(connection, page.match)
    return render(
        "match/match.html",
        status=status,
        page=page,
        match=page.match,
        told=told,
        bars=contributions(page.match),
        marks=marks_of(page.match, parts().deps.model.representer.encoder),
        roles=roles(page.match),
        events=timeline(page, told),
        records=records,
        exchanges=exchanges(page.match),
        picture=place_map(page),
        **_as_proposed(page),
        following=following,
        waiting=waiting,
        in_list=list_of(page.match.state, held=page.match.hold is not None),
        said=said,
        form=form,
        faults=faults,
        values=values,
    )


def _as_proposed(page: MatchPage) -> dict[str, Any]:
    """What helps to decide, while there is something to decide."""
    if page.match.state is not State.PROPOSED:
        return {"near": [], "against": None, "passed": []}
    against, near = parts().near_misses.of_proposal(page.match, NEAR_SHOWN)
    return {"near": near, "against": against, "passed": [] if against else passed(page)}


def the_match(match_id: str) -> MatchPage:
    """What the matcher itself knows of it; ends the request when there is no such match."""
    here = parts()
    try:
        with here.database.read() as connection:
            return load_page(connection, match_id, here.clock.now())
    except UnknownMatch as error:
        problem(404, error.code, str(error))


def _load(match_id: str) -> tuple[MatchPage, Told]:
    here, page = parts(), the_match(match_id)
    asked = page.match.attempt > 0 or page.match.origin == "elsewhere"
    told = here.notifier.told_of(match_id, actor(), asked=asked)
    wrote = [one.get(by) for one in told.questions for by in ("asked_by", "read_by")]
    wrote += [one.get("edited_by") for one in told.wordings]
    return naming(page, wrote), told


def naming(page: MatchPage, coordinators: Sequence[str | None]) -> MatchPage:
    """The page, knowing these coordinators by name too."""
    if not any(coordinators):
        return page
    with parts().database.read() as connection:
        return replace(page, names={**page.names, **names_of(connection, coordinators)})


def _mark_seen(match: Match) -> None:
    """What a coordinator looks at stays as it is under their eyes: proposing leaves it alone.
    Nothing else is changed by looking, and nothing at all by a viewer.
    """
    if may_decide_here() and match.state is State.PROPOSED and match.viewed_at is None:
        with transaction() as work:
            view_match(work, match.match_id)
