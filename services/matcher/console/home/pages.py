"""Home: what waits and what went wrong."""

from flask import Response

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.clients import Tasks
from services.matcher.console.directory.read_needs import names_of_members
from services.matcher.console.home.load import load_home
from services.matcher.console.parts import actor, parts
from services.matcher.console.review.listed import LISTS
from services.matcher.console.showing import render


@console.get("/")
@may_look
def home() -> Response:
    here = parts()
    with here.database.read() as connection:
        found = load_home(connection, here.clock.now())
    tasks, task_names = mail_tasks()
    return render("home/home.html", home=found, lists=LISTS, tasks=tasks, task_names=task_names)


def mail_tasks() -> tuple[Tasks, dict[str, str]]:
    """Mail that waits for a coordinator, and the names of those it was meant for."""
    here = parts()
    tasks = here.notifier.tasks(actor())
    ids = {(one.get("message") or {}).get("member_id") for one in tasks.items} - {None}
    with here.database.read() as connection:
        return tasks, names_of_members(connection, {str(one) for one in ids})
