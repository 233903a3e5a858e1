"""Settings → Emails: every email with its words, as it reads with sample data or for a real match.

The notifier keeps the words and writes the emails; the console shows them and passes on what an
administrator chooses. What was typed is kept when it is refused.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.announce import state_of
from services.matcher.console.accounts.coordinators import names_of
from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.clients import Body, Refused
from services.matcher.console.frames import framed, framing
from services.matcher.console.mail.recent import recent_matches
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from services.matcher.domain.errors import UnknownMatch
from services.matcher.store.matches import load_match
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem

FIELDS = ("opening", "closing", "sign_off")
LONGEST_DRAFT = 3_000
NOTHING: Mapping[str, str] = {}
AWAY = "The mail service does not answer at the moment. Nothing was saved. Try again in a minute."


@console.get("/emails")
@may_administer
def emails() -> Response:
    try:
        listed = parts().notifier.emails(actor())
    except ServiceUnavailable:
        return render("mail/emails.html", status=503, listed=None)
    return render("mail/emails.html", listed=listed)


@console.get("/emails/<key>")
@may_administer
def email(key: str) -> Response:
    return _show(key)


@console.get("/emails/<key>/html")
@may_administer
def email_html(key: str) -> Response:
    """What the frames show; `?match=` is a real match, and words in the address are a draft."""
    draft = {name: request.args[name] for name in FIELDS if name in request.args}
    try:
        shown = _preview(key, _typed_match(), draft if len(draft) == len(FIELDS) else None)
    except Refused as refused:
        problem(refused.status, "not_shown", refused.detail)
    return framed(str(shown["html"]))


@console.post("/emails/<key>")
@may_administer
def choose_words(key: str) -> Response | AnyResponse:
    """Save, or show how it would read; both with the words as they were typed."""
    typed = {name: request.form.get(name, "").replace("\r\n", "\n") for name in FIELDS}
    try:
        if request.form.get("do") == "look":
            return _show(key, typed=typed, looked=_preview(key, _typed_match(), typed))
        if request.form.get("do") == "standard":
            typed = dict(_email(key)[0]["standard"])
        parts().notifier.choose_words(key, typed, request.form.get("tag", ""), actor())
    except Refused as refused:
        said = "Somebody chose other words meanwhile. Look at them, then save yours."
        said = said if refused.status in {409, 412} else refused.detail
        status = 409 if refused.status in {409, 412} else 422
        return _show(key, typed=typed, said=said, faults=refused.faults, status=status)
    except ServiceUnavailable:
        return _show(key, typed=typed, said=AWAY, status=503)
    flash("Saved. Emails written from now on have these words.", "success")
    return redirect(url_for("console.email", key=key), 303)


def _show(
    key: str,
    *,
    typed: Mapping[str, str] = NOTHING,
    said: str = "",
    faults: Mapping[str, str] = NOTHING,
    looked: Body | None = None,
    status: int = 200,
) -> Response:
    match_id = _typed_match()
    shown: Body | None = None
    looks: Body | None = looked
    try:
        shown, tag = _email(key)
        looks = looks or _preview(key, match_id, None)
    except ServiceUnavailable:
        return framing(render("mail/email.html", status=503, email=None, said=said))
    with parts().database.read() as connection:
        names = names_of(connection, [one["actor"] for one in shown["earlier"]])
        recent = recent_matches(connection)
    page = render(
        "mail/email.html",
        status=status,
        email=shown,
        tag=tag,
        values=typed or shown,
        looks=looks,
        looked=looked is not None,
        draft=_draft(typed) if looked else {},
        match_id=match_id,
        names=names,
        recent=recent,
        said=said,
        faults=faults,
    )
    return framing(page)


def _email(key: str) -> tuple[Body, str]:
    try:
        return parts().notifier.email(key, actor())
    except Refused as refused:
        problem(refused.status, "email_unknown", refused.detail)


def _preview(key: str, match_id: str, typed: Mapping[str, str] | None) -> Body:
    body: dict[str, Any] = {"wording": dict(typed)} if typed else {}
    if match_id:
        body["match"] = _state_of(match_id)
    return parts().notifier.preview(key, body, actor())


def _state_of(match_id: str) -> dict[str, Any]:
    try:
        with parts().database.read() as connection:
            return dict(state_of(load_match(connection, match_id)))
    except UnknownMatch as error:
        problem(404, error.code, str(error))


def _draft(typed: Mapping[str, str]) -> Mapping[str, str] | None:
    """Unsaved words for the address of the frames; None where an address cannot hold so much."""
    return typed if len(urlencode(typed)) <= LONGEST_DRAFT else None


def _typed_match() -> str:
    """The id of the match that was chosen; empty for the sample."""
    return (request.args.get("match") or request.form.get("match") or "").strip()
