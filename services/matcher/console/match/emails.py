"""The emails of a match before they go: as each member will read them, and in other words.

The notifier writes them, keeps what is saved here and says what it will not take; the console only
shows. The HTML stands in a frame of its own, which may do nothing at all.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.announce import state_of
from services.matcher.console.blueprint import console, may_decide, may_look
from services.matcher.console.clients import Body, Refused
from services.matcher.console.frames import framed, framing
from services.matcher.console.match.pages import naming, the_match
from services.matcher.console.match.read import MatchPage
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from services.matcher.domain.states import State
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem

MAX_SUBJECT, MAX_OPENING = 70, 600
_ASKS = (State.PROPOSED, State.APPROVED, State.ASKED, State.UNREACHABLE, State.AGREED)
_AWAY = "The mail service does not answer at the moment. {} Try again in a minute."
NOTHING: Mapping[str, str] = {}


@console.get("/matches/<match_id>/emails")
@may_look
def match_emails(match_id: str) -> Response:
    return _show(match_id)


@console.get("/matches/<match_id>/emails/<member_id>/html")
@may_look
def match_email_html(match_id: str, member_id: str) -> Response:
    page = the_match(match_id)
    return framed(str(_preview(_previews(page), member_id)["html"]))


@console.post("/matches/<match_id>/emails/<member_id>")
@may_decide
def save_wording(match_id: str, member_id: str) -> Response | AnyResponse:
    form = request.form
    page = the_match(match_id)
    try:
        shown = _preview(_previews(page), member_id)
        body = {name: _typed(shown, name) for name in ("subject", "opening")}
        version = form.get("version", "")
        parts().notifier.save_wording(
            match_id, member_id, body, int(version) if version.isdecimal() else -1, actor()
        )
    except Refused as refused:
        said = refused.detail
        if refused.status == 412:
            said = (
                "Another coordinator changed this wording since you opened it. "
                "These are the emails as they stand now; your words are kept in the form."
            )
        return _show(match_id, said=f"Nothing was saved. {said}", member_id=member_id,
                     faults=refused.faults, status=min(refused.status, 499))  # fmt: skip
    except ServiceUnavailable:
        return _show(match_id, said=_AWAY.format("Nothing was saved."), member_id=member_id,
                     status=503)  # fmt: skip
    flash("The wording is saved. This is the email as it will be sent.", "success")
    return redirect(url_for("console.match_emails", match_id=match_id), 303)


def _typed(shown: Body, name: str) -> str:
    """What is to be saved: an untouched field stays as it is kept, an emptied one is usual again."""
    typed = " ".join(request.form.get(name, "").split())
    kept = str(shown["wording"][name])
    if request.form.get("usual"):
        return ""
    return kept if typed == shown[name] else typed


def _show(
    match_id: str,
    *,
    said: str = "",
    member_id: str = "",
    faults: Mapping[str, str] = NOTHING,
    status: int = 200,
) -> Response:
    page = the_match(match_id)
    previews: list[Body] | None = None
    try:
        previews = _previews(page)
        page = naming(page, [one["wording"]["edited_by"] for one in previews])
    except ServiceUnavailable:
        said, status = said or _AWAY.format("The emails cannot be shown."), 503
    response = render(
        "match/emails.html",
        status=status,
        page=page,
        match=page.match,
        previews=previews,
        said=said,
        failed=member_id,
        faults=faults,
        values=request.form,
        most_subject=MAX_SUBJECT,
        most_opening=MAX_OPENING,
    )
    return framing(response)


def _previews(page: MatchPage) -> list[Body]:
    if page.match.state not in _ASKS or page.match.origin != "convene":
        problem(
            409,
            "no_emails",
            "No email asks about this match: it is over, or was made elsewhere. Look at its page.",
        )
    return parts().notifier.previews(state_of(page.match), actor())


def _preview(previews: list[Body], member_id: str) -> dict[str, Any]:
    found = next((one for one in previews if one["member_id"] == member_id), None)
    if found is None:
        problem(404, "not_found", "No email of this match goes to this member. Look at its page.")
    return found
