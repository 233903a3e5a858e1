"""Home, the review queue, and the lists of what comes after it."""

from flask import Response, request

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.clients import Tasks
from services.matcher.console.parts import actor, parts
from services.matcher.console.queries.filters import read_filters
from services.matcher.console.queries.home import load_home
from services.matcher.console.queries.lists import LISTS, SORTS, count_lists, page_of
from services.matcher.console.queries.match_page import best_reasons
from services.matcher.console.queries.needs import member_names, names_of_members
from services.matcher.console.views.showing import page_number, render
from shared.web.problems import problem


@console.get("/")
@may_look
def home() -> Response:
    here = parts()
    with here.database.read() as connection:
        found = load_home(connection, here.clock.now())
    tasks, task_names = _tasks()
    return render("home.html", home=found, lists=LISTS, tasks=tasks, task_names=task_names)


def _tasks() -> tuple[Tasks, dict[str, str]]:
    """Mail that waits for a coordinator, and the names of those it was meant for."""
    here = parts()
    tasks = here.notifier.tasks(actor())
    ids = {(one.get("message") or {}).get("member_id") for one in tasks.items} - {None}
    with here.database.read() as connection:
        return tasks, names_of_members(connection, {str(one) for one in ids})


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
    tasks, task_names = _tasks() if name == "attention" else (None, {})
    return render(
        "list.html",
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
