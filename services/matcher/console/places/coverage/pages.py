"""The coverage page, its file, and the shapes of its map."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from flask import Response, current_app, make_response, request

from services.matcher.console import words
from services.matcher.console.blueprint import anybody, console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.places.coverage.counts import (
    SORTS,
    Chosen,
    Counted,
    count,
    grid,
    regions,
    sorted_lines,
)
from services.matcher.console.places.coverage.held import held
from services.matcher.console.places.coverage.map import MEASURES, map_of, outlines_svg
from services.matcher.console.places.coverage.recruits import recruit_list
from services.matcher.console.reports.safe_csv import csv_lines
from services.matcher.console.showing import render
from shared.reference.goals import framework
from shared.reference.places import UNITED_KINGDOM, Places
from shared.reference.vocabulary import BENEFICIARIES

ROWS, SPOTS = 40, 12
HEADER = ("Code", "District", "Open needs", "Nothing under way", "Unmet need, weighted",
          "Offers that reach it", "More deprived than (share of districts)", "Source")  # fmt: skip
_YEAR_SECONDS = 31_536_000


@console.get("/coverage")
@may_look
def coverage() -> Response:
    asked, here = Asked(), parts()
    with here.database.read() as connection:
        standing = held().standing(connection, here.clock.now().date())
        recruit = recruit_list(connection)
    counted = count(standing, asked.chosen, asked.area)
    lines = sorted_lines((one for one in counted.lines if one.needs or asked.whole), asked.sort)
    shown = lines if asked.whole else lines[:ROWS]
    return render(
        "places/coverage.html",
        asked=asked,
        counted=counted,
        drawn=map_of(counted, MEASURES[asked.show]),
        measures=MEASURES,
        titles={key: one.title for key, one in MEASURES.items()},
        lines=shown,
        more=len(lines) - len(shown),
        spots=counted.cold_spots,
        most_spots=SPOTS,
        cells=grid(standing, asked.stage, regions()),
        regions=regions(),
        areas={code: words.place(code) for code in regions()},
        sources=sources(counted),
        version=_version(),
        recruit=recruit,
    )


@console.get("/coverage.csv")
@may_look
def coverage_csv() -> Response:
    asked, here = Asked(), parts()
    day = here.clock.now().date()
    with here.database.read() as connection:
        standing = held().standing(connection, day)
    counted = count(standing, asked.chosen, asked.area)

    def rows() -> Iterator[Sequence[object]]:
        for one in sorted_lines(counted.lines, asked.sort):
            known = one.priority
            share, source = (known.priority, known.cited) if known else (None, "")
            numbers = (one.needs, one.unmet, round(one.weighted, 3), one.offers)
            yield one.code, one.name, *numbers, share, source

    return current_app.response_class(
        csv_lines(HEADER, rows()),
        headers={"Content-Disposition": f'attachment; filename="convene-coverage-{day}.csv"'},
        content_type="text/csv; charset=utf-8",
    )


@console.get("/coverage/outlines.svg")
@anybody
def outlines() -> Response:
    """Public reference data; its address names its content, so that it may be kept for long."""
    answer = make_response(_outlines())
    answer.content_type = "image/svg+xml"
    answer.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return answer


class Asked:
    """What the address line asks for; what it gets wrong is left out."""

    def __init__(self) -> None:
        args = request.args
        goals = {str(goal.number) for goal in framework().goals}
        self.goal = args.get("goal", "") if args.get("goal", "") in goals else ""
        self.stage = args.get("stage", "") if args.get("stage", "") in BENEFICIARIES else ""
        self.area = args.get("area", "")
        if self.area not in regions():
            self.area = UNITED_KINGDOM
        self.show = args.get("show", "") if args.get("show", "") in MEASURES else "unmet"
        self.sort = args.get("sort", "") if args.get("sort", "") in SORTS else "unmet"
        self.whole = args.get("all") == "1"

    @property
    def chosen(self) -> Chosen:
        return Chosen(int(self.goal) if self.goal else None, self.stage)

    @property
    def area_name(self) -> str:
        return Places.load().get(self.area).name

    def but(self, **changes: str) -> dict[str, Any]:
        """The same question with some of it changed, for `url_for`."""
        area = "" if self.area == UNITED_KINGDOM else self.area
        now = {"goal": self.goal, "stage": self.stage, "area": area, "show": self.show,
               "sort": self.sort, "all": "1" if self.whole else ""}  # fmt: skip
        return {name: value or None for name, value in (now | changes).items()}


def sources(counted: Counted) -> list[str]:
    """Publications that the priorities of these districts come from."""
    return sorted({one.priority.cited for one in counted.lines if one.priority})


@cache
def _outlines() -> str:
    return outlines_svg()


@cache
def _version() -> str:
    return hashlib.sha256(_outlines().encode()).hexdigest()[:8]
