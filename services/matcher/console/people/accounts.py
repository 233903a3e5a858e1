"""Who may sign in, for administrators; and the link by which somebody sets a first password."""

from collections.abc import Callable

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.accounts import coordinators, links
from services.matcher.console.accounts.coordinators import AccountRefused, Coordinator
from services.matcher.console.accounts.passwords import PasswordRefused
from services.matcher.console.blueprint import anybody, console, may_administer
from services.matcher.console.parts import SOURCE, parts, transaction
from services.matcher.console.showing import render
from shared.storage import Work, unit_of_work
from shared.web.limits import rate_limit
from shared.web.policy import principal
from shared.web.problems import problem


@console.get("/people")
@may_administer
def people() -> Response:
    return _people()


@console.post("/people")
@may_administer
def add_person() -> Response:
    form = request.form
    try:
        with transaction() as work:
            added = coordinators.add_coordinator(
                work, form.get("email", ""), form.get("name", ""), form.get("role", ""), None
            )
            token = links.make_link(work, added)
    except AccountRefused as refused:
        return _people(status=422, fault=refused)
    return _show_link(added, token)


@console.post("/people/<coordinator_id>/link")
@may_administer
def new_link(coordinator_id: str) -> Response:
    with transaction() as work:
        found = _known(work, coordinator_id)
        if found.disabled_at:
            problem(409, "account_closed", "The account is closed. Open it again first.")
        token = links.make_link(work, found)
    return _show_link(found, token)


@console.post("/people/<coordinator_id>")
@may_administer
def change_person(coordinator_id: str) -> Response | AnyResponse:
    form = request.form
    if coordinator_id == principal().id and form.get("role") != coordinators.ADMINISTRATOR:
        problem(409, "own_role", "You cannot take the role from yourself. Ask a colleague.")

    def change(work: Work, found: Coordinator) -> None:
        coordinators.change_coordinator(work, found, form.get("name", ""), form.get("role", ""))

    return _changed(coordinator_id, change, "{} is changed.")


@console.post("/people/<coordinator_id>/close")
@may_administer
def close_account(coordinator_id: str) -> Response | AnyResponse:
    if coordinator_id == principal().id:
        problem(409, "own_account", "You cannot close your own account. Ask a colleague.")

    def close(work: Work, found: Coordinator) -> None:
        coordinators.keep_an_administrator(work, found)
        coordinators.disable_coordinator(work, found)

    return _changed(coordinator_id, close, "The account of {} is closed and signed out everywhere.")


@console.post("/people/<coordinator_id>/open")
@may_administer
def open_account(coordinator_id: str) -> Response | AnyResponse:
    return _changed(
        coordinator_id, coordinators.enable_coordinator, "The account of {} is open again."
    )


@console.get("/begin/<token>")
@anybody
@rate_limit("begin", per_minute=20)
def begin(token: str) -> Response:
    return _begin(token)


@console.post("/begin/<token>")
@anybody
@rate_limit("begin", per_minute=20)
def do_begin(token: str) -> Response | AnyResponse:
    here = parts()
    try:
        with unit_of_work(here.database, source=SOURCE, clock=here.clock) as work:
            who = links.use_link(work, token, request.form.get("new", ""))
    except PasswordRefused as refused:
        return _begin(token, status=422, fault=str(refused))
    if who is None:
        return _begin(token)
    flash("Your password is set. Sign in with it.", "success")
    return redirect(url_for("console.sign_in"), 303)


def _changed(
    coordinator_id: str, change: Callable[[Work, Coordinator], None], said: str
) -> Response | AnyResponse:
    try:
        with transaction() as work:
            found = _known(work, coordinator_id)
            change(work, found)
    except AccountRefused as refused:
        return _people(status=422, fault=refused, which=coordinator_id)
    flash(said.format(found.name), "success")
    return redirect(url_for("console.people"), 303)


def _known(work: Work, coordinator_id: str) -> Coordinator:
    found = coordinators.by_id(work.connection, coordinator_id)
    if found is None:
        problem(404, "not_found", "There is no such account. Look it up under People.")
    return found


def _people(*, status: int = 200, fault: AccountRefused | None = None, which: str = "") -> Response:
    with parts().database.read() as connection:
        everybody = coordinators.all_coordinators(connection)
    return render(
        "people/people.html",
        status=status,
        everybody=everybody,
        fault=fault,
        which=which,
        values=request.form,
    )


def _show_link(who: Coordinator, token: str) -> Response:
    """Shown once, on the answer itself: no cookie and no log holds the token."""
    address = parts().settings.public_url("matcher").rstrip("/")
    link = address + url_for("console.begin", token=token)
    page = render("people/link.html", who=who, link=link, days=links.LASTS.days)
    page.headers["Cache-Control"] = "no-store"
    return page


def _begin(token: str, *, status: int = 200, fault: str = "") -> Response:
    here = parts()
    with here.database.read() as connection:
        who = links.whose_link(connection, token, here.clock.now())
    if who is None:
        status = 410
    page = render("people/begin.html", status=status, who=who, token=token, fault=fault)
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"
    return page
