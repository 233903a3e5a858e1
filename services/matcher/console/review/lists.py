"""The review queue, and the lists of what comes after it."""

from flask import Response, request

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.directory.read_needs import member_names
from services.matcher.console.home.pages import mail_tasks
from services.matcher.console.match.read import best_reasons
from services.matcher.console.parts import parts
from services.matcher.console.review.filters import read_filters
from services.matcher.console.review.listed import LISTS, SORTS, count_lists, page_of
from services.matcher.console.showing import page_number, render
from shared.web.problems import problem


@console.get("/lists/<name>")
@may_look
def listed(name: str) -> Response:
    if name not in LISTS:
        problem(404, "not_found", f"There is no list “{name[:40]}”. Start from the first page.")
    here = parts()
    filters = read_filters(request.args)
    with here.database.read() as connection:
        found = page_of(connection, name, filters, page_number())
        counts = count_lists(connection)
        members = member_names(connection)
    tasks, task_names = mail_tasks() if name == "attention" else (None, {})
    return render(
        "review/list.html",
        listed=LISTS[name],
        lists=LISTS,
        counts=counts,
        page=found,
        filters=filters,
        sorts=SORTS,
        members=members,
        reasons={one.match_id: best_reasons(one) for one in found.matches},
        tasks=tasks,
        task_names=task_names,
    )
