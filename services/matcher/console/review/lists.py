"""The review queue, and the lists of what comes after it."""

from collections.abc import Collection, Mapping

from flask import Response, request

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.directory.read_needs import member_names
from services.matcher.console.home.pages import mail_tasks
from services.matcher.console.match.read import best_reasons
from services.matcher.console.paging import page_number
from services.matcher.console.parts import parts
from services.matcher.console.review.filters import AGES, Filters, read_filters
from services.matcher.console.review.listed import LISTS, SORTS, count_lists, page_of, sort_of
from services.matcher.console.review.saved import views_of
from services.matcher.console.showing import me, render
from services.matcher.domain.codes import VERDICT
from services.matcher.store.learning import codes_of
from shared.web.problems import problem

QUEUE = "proposals"
NO_FAULTS: Mapping[str, str] = {}


@console.get("/lists/<name>")
@may_look
def listed(name: str) -> Response:
    if name not in LISTS:
        problem(404, "not_found", f"There is no list “{name[:40]}”. Start from the first page.")
    return show_list(name, read_filters(request.args, parts().clock.now()), page_number())


def show_list(
    name: str,
    filters: Filters,
    number: int,
    *,
    ticked: Collection[str] = (),
    values: Mapping[str, str] = NO_FAULTS,
    faults: Mapping[str, str] = NO_FAULTS,
) -> Response:
    """A page of the list; after a bulk decision that was not complete, with what had been ticked
    and typed.
    """
    here = parts()
    with here.database.read() as connection:
        found = page_of(connection, name, filters, number)
        counts = count_lists(connection)
        members = member_names(connection)
        views = views_of(connection, me().coordinator_id, name)
        codes = codes_of(connection, VERDICT) if name == QUEUE else []
    tasks, task_names = mail_tasks() if name == "attention" else (None, {})
    return render(
        "review/list.html",
        status=422 if faults else 200,
        listed=LISTS[name],
        lists=LISTS,
        counts=counts,
        page=found,
        filters=filters,
        sorts=SORTS,
        sort=sort_of(name, filters),
        ages=AGES,
        members=members,
        views=views,
        codes=codes,
        reasons={one.match_id: best_reasons(one) for one in found.rows},
        tasks=tasks,
        task_names=task_names,
        ticked=ticked,
        values=values,
        faults=faults,
    )
