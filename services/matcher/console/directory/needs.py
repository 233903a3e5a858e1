"""Needs, how each is doing, and what almost fitted."""

from flask import Response, request

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.directory.read_needs import SHOWN, member_names, need_page, needs_page
from services.matcher.console.directory.read_texts import read_from_text
from services.matcher.console.match.read import best_reasons
from services.matcher.console.parts import parts
from services.matcher.console.review.filters import read_filters
from services.matcher.console.showing import page_number, render
from shared.web.problems import problem


@console.get("/needs")
@may_look
def needs() -> Response:
    filters = read_filters(request.args)
    shown = request.args.get("shown", "")
    shown = shown if shown in SHOWN else ""
    with parts().database.read() as connection:
        page = needs_page(connection, filters, shown, page_number())
        members = member_names(connection)
    return render(
        "directory/needs.html",
        page=page,
        filters=filters,
        shown=shown,
        choices=SHOWN,
        members=members,
    )


@console.get("/needs/<path:need_id>")
@may_look
def need(need_id: str) -> Response:
    with parts().database.read() as connection:
        page = need_page(connection, need_id)
    if page is None:
        problem(404, "not_found", f"No need {need_id[:60]} is known. Look it up in the list.")
    near = parts().near_misses.of_need(need_id)
    read = read_from_text(parts().deps.model.representer.suggester, page.need)
    reasons = {one.match_id: best_reasons(one) for one in page.matches}
    return render("directory/need.html", page=page, near=near, read=read, reasons=reasons)
