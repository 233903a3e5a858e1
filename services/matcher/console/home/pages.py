"""Home: what waits and what went wrong, kept up to date while it is looked at."""

from typing import Any

from flask import Response, request

from services.matcher.console.accounts.sessions import BY_ITSELF
from services.matcher.console.blueprint import console, may_look
from services.matcher.console.clients import Tasks
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.home.load import load_home, mark_of
from services.matcher.console.home.set_aside import set_aside_by
from services.matcher.console.home.stalled import stalled_page
from services.matcher.console.paging import page_number
from services.matcher.console.parts import actor, parts
from services.matcher.console.review.listed import LISTS
from services.matcher.console.showing import render


@console.get("/")
@may_look
def home() -> Response:
    return render("home/home.html", **_shown())


@console.get(f"{BY_ITSELF}home")
@may_look
def live_home() -> Response:
    """The part of the page that changes; 304 where it is as the asker's mark says."""
    mark = _mark()
    if mark in request.if_none_match:
        return _marked(Response(status=304), mark)
    shown = _shown()
    return _marked(render("home/_live.html", **shown), shown["home"].mark)


@console.get(f"{BY_ITSELF}stream")
@may_look
def live_stream() -> Response:
    here = parts()

    def look() -> str:
        with here.database.read() as connection:
            return mark_of(connection, here.clock.now())

    return here.streams.answer(look)


@console.get("/stalled")
@may_look
def stalled() -> Response:
    with parts().database.read() as connection:
        found = stalled_page(connection, page_number())
    return render("home/stalled.html", page=found)


def mail_tasks() -> tuple[Tasks, dict[str, str]]:
    """Mail that waits for a coordinator, and the names of those it was meant for."""
    here = parts()
    tasks = here.notifier.tasks(actor())
    meant = [(one.get("message") or one).get("member_id") for one in tasks.items]
    ids = set(meant) - {None}
    with here.database.read() as connection:
        return tasks, names_of_members(connection, {str(one) for one in ids})


def _shown() -> dict[str, Any]:
    here = parts()
    with here.database.read() as connection:
        found = load_home(connection, here.clock.now())
    tasks, task_names = mail_tasks()
    answered = here.notifier.answered_questions(actor())
    return {
        "home": found,
        "lists": LISTS,
        "tasks": tasks,
        "task_names": task_names,
        "answered": answered.items,
        "set_aside": set_aside_by(here.others, actor()),
    }


def _mark() -> str:
    here = parts()
    with here.database.read() as connection:
        return mark_of(connection, here.clock.now())


def _marked(response: Response, mark: str) -> Response:
    response.set_etag(mark)
    return response
