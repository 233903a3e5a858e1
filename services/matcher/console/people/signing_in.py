"""Signing in and out. An unknown address and a wrong password get the same answer."""

from flask import Response, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.accounts import coordinators, sessions
from services.matcher.console.accounts.passwords import PasswordRefused, verify_password
from services.matcher.console.blueprint import anybody, console, may_look
from services.matcher.console.parts import parts, transaction
from services.matcher.console.showing import me, render
from shared.storage import unit_of_work
from shared.web.limits import rate_limit
from shared.web.policy import principal

WRONG = "The email or the password is not right. Check both and try again."


def ask_to_sign_in() -> AnyResponse:
    """Where someone unknown is sent; back to the page afterwards."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("console.sign_in", next=wanted if wanted != "/" else None), 303)


@console.get("/sign-in")
@anybody
def sign_in() -> Response | AnyResponse:
    wanted = _local(request.args.get("next", ""))
    if principal().kind == "coordinator":
        return redirect(wanted)
    return render("people/sign_in.html", wanted=wanted, email="", wrong=None)


@console.post("/sign-in")
@anybody
@rate_limit("sign-in", per_minute=20)
@rate_limit("sign-in-account", per_minute=6, by=lambda: _email().casefold())
def do_sign_in() -> Response | AnyResponse:
    here = parts()
    wanted = _local(request.form.get("next", ""))
    with unit_of_work(here.database, source="/matcher", clock=here.clock) as work:
        begun = sessions.sign_in(work, _email(), request.form.get("password", ""))
    if begun is None:
        page = render("people/sign_in.html", status=403, wanted=wanted, email=_email(), wrong=WRONG)
        page.headers["Cache-Control"] = "no-store"
        return page
    sessions.forget_old_sessions(here.database, here.clock)
    old = request.cookies.get(here.cookie)
    if old:
        with unit_of_work(here.database, source="/matcher", clock=here.clock) as work:
            sessions.sign_out(work, old)
    session.clear()  # a new session has new form tokens too
    answer = redirect(wanted, 303)
    answer.set_cookie(
        here.cookie,
        begun.token,
        max_age=int(sessions.LONGEST.total_seconds()),
        secure=here.secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer


@console.post("/sign-out")
@may_look
def sign_out() -> AnyResponse:
    with transaction() as work:
        sessions.sign_out(work, request.cookies.get(parts().cookie, ""))
    return _signed_out("You are signed out.")


@console.post("/sign-out-everywhere")
@may_look
def sign_out_everywhere() -> AnyResponse:
    with transaction() as work:
        coordinators.end_sessions(work, principal().id)
        work.audit("coordinator.sign_out_everywhere", principal().id)
    return _signed_out("You are signed out here and on every other device.")


@console.get("/account")
@may_look
def account() -> Response:
    return render("people/account.html", fault=None)


@console.post("/account/password")
@may_look
@rate_limit("password", per_minute=6)
def change_password() -> Response | AnyResponse:
    present, new = request.form.get("present", ""), request.form.get("new", "")
    with parts().database.read() as connection:
        found = coordinators.find_by_email(connection, me().email)
    if found is None or not verify_password(found[1], present):
        return render("people/account.html", status=422, fault="The present password is not right.")
    try:
        with transaction() as work:
            coordinators.set_password(work, found[0], new)
    except PasswordRefused as refused:
        return render("people/account.html", status=422, fault=str(refused))
    return _signed_out("Your password is changed. Sign in with the new one.")


def _signed_out(said: str) -> AnyResponse:
    here = parts()
    session.clear()
    flash(said, "success")
    answer = redirect(url_for("console.sign_in"), 303)
    answer.delete_cookie(here.cookie, path="/", secure=here.secure, httponly=True, samesite="Lax")
    return answer


def _email() -> str:
    return request.form.get("email", "").strip()[:320]


def _local(address: str) -> str:
    """A path of ours; anything that could lead elsewhere becomes the first page."""
    safe = address.startswith("/") and not address.startswith(("//", "/\\", "/v1/"))
    return address if safe and "\n" not in address and "\r" not in address else "/"
