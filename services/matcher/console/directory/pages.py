"""The directory: needs, capabilities and members, each as a list, a page and a file."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask import Response, current_app, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.directory.found import TOP, found_rows
from services.matcher.console.directory.paged import (
    FRESHNESS,
    LISTING_STATES,
    MEMBER_STATES,
    Chosen,
    read_chosen,
)
from services.matcher.console.directory.read_capabilities import (
    capabilities_page,
    capability_page,
)
from services.matcher.console.directory.read_members import member_page, members_page
from services.matcher.console.directory.read_needs import SHOWN, member_names, need_page, needs_page
from services.matcher.console.directory.read_texts import read_from_text
from services.matcher.console.directory.tables import SHEETS, sheet_rows
from services.matcher.console.match.read import best_reasons
from services.matcher.console.paging import Paged, page_number
from services.matcher.console.parts import parts
from services.matcher.console.reports.safe_csv import csv_lines
from services.matcher.console.review.filters import read_filters
from services.matcher.console.showing import render
from services.matcher.explaining.preview import best_needs
from shared.web.problems import problem


@console.get("/needs")
@may_look
def needs() -> Response:
    return _listings("needs", needs_page, choices=SHOWN)


@console.get("/capabilities")
@may_look
def capabilities() -> Response:
    return _listings("capabilities", capabilities_page)


def _listings(
    plural: str,
    read: Callable[[Connection, Chosen, int, datetime], Paged[Any]],
    **more: Any,
) -> Response:
    here, chosen = parts(), _chosen(plural)
    with here.database.read() as connection:
        page = read(connection, chosen, page_number(), here.clock.now())
        members = member_names(connection)
    return render(
        f"directory/{plural}.html",
        page=page,
        chosen=chosen,
        states=LISTING_STATES,
        freshness=FRESHNESS,
        members=members,
        **more,
    )


@console.get("/members")
@may_look
def members() -> Response:
    here, chosen = parts(), _chosen("members")
    with here.database.read() as connection:
        page = members_page(connection, chosen, page_number())
    return render("directory/members.html", page=page, chosen=chosen, states=MEMBER_STATES)


@console.get("/<any(needs, capabilities, members):plural>.csv")
@may_look
def directory_csv(plural: str) -> Response:
    here, chosen, sheet = parts(), _chosen(plural), SHEETS[plural]
    now = here.clock.now()

    def body() -> Iterator[str]:
        with here.database.read() as connection:
            yield from csv_lines(sheet.header, sheet_rows(connection, sheet, chosen, now))

    name = f"convene-{plural}-{now:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return current_app.response_class(
        body(), headers=headers, content_type="text/csv; charset=utf-8"
    )


@console.get("/needs/<need_id>")
@may_look
def need(need_id: str) -> Response:
    with parts().database.read() as connection:
        page = need_page(connection, need_id)
    if page is None:
        return _not_here("need", need_id)
    near = parts().near_misses.of_need(need_id)
    read = read_from_text(parts().deps.model.representer.suggester, page.need)
    reasons = {one.match_id: best_reasons(one) for one in page.matches}
    return render("directory/need.html", page=page, near=near, read=read, reasons=reasons)


@console.get("/capabilities/<capability_id>")
@may_look
def capability(capability_id: str) -> Response | AnyResponse:
    here = parts()
    with here.database.read() as connection:
        page = capability_page(connection, capability_id, here.clock.now())
    if page is None:
        return _not_here("capability", capability_id)
    scored = best_needs(here.insight, capability_id, TOP)
    with here.database.read() as connection:
        best = found_rows(connection, "capabilities", scored)
    reasons = {one.match_id: best_reasons(one) for one in page.matches}
    return render("directory/capability.html", page=page, reasons=reasons, best=best)


@console.get("/members/<member_id>")
@may_look
def member(member_id: str) -> Response:
    here = parts()
    with here.database.read() as connection:
        page = member_page(connection, member_id, here.clock.now())
    if page is None:
        return _not_here("member", member_id)
    return render(
        "directory/member.html",
        page=page,
        reasons={one.match_id: best_reasons(one) for one in page.matches},
        most_asked=here.settings.approaches_per_member,
    )


def _not_here(what: str, id_: str) -> Response:
    """What was saved just now arrives by an event, a moment later."""
    if not request.args.get("saved"):
        problem(404, "not_found", f"No {what} {id_[:60]} is known. Look it up in the list.")
    return render("directory/coming.html", what=what)


def _chosen(plural: str) -> Chosen:
    filters = read_filters(request.args)
    states = MEMBER_STATES if plural == "members" else LISTING_STATES
    return read_chosen(filters, request.args, states)
