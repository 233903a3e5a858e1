"""What coordinators do for members: record an answer given by telephone, correct a contact.

Contacts are read from the registry when this page is opened and kept nowhere here.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.clients import Refused
from services.matcher.console.match.pages import show_match
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from services.matcher.store import known
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem

HOW = {
    "telephone": "By telephone",
    "email": "By email",
    "meeting": "In a meeting",
    "other": "Another way",
}
_AWAY = "The {} does not answer at the moment. Nothing was changed; try again in a minute."
NO_FAULTS: Mapping[str, str] = {}


@console.post("/matches/<match_id>/answers")
@may_decide
def record_answer(match_id: str) -> Response | AnyResponse:
    form = request.form
    faults = _answer_faults()
    if faults:
        said = "The answer is not recorded yet. Look at the marked fields."
        return show_match(
            match_id, said=said, form="answer", faults=faults, values=form, status=422
        )
    body = {
        "member_id": form["member_id"],
        "answer": form["answer"],
        "reason_code": (form.get("reason_code") or None) if form["answer"] != "yes" else None,
        "note": form.get("note", "").strip(),
        "said_by": form.get("said_by", "").strip(),
        "how": form["how"],
        "until": (form.get("until") or None) if form["answer"] == "not_now" else None,
    }
    try:
        parts().notifier.record_answer(match_id, body, form.get("once") or str(uuid4()), actor())
    except Refused as refused:
        return show_match(
            match_id,
            said=f"The answer is not recorded: {refused.detail}",
            form="answer",
            faults=refused.faults,
            values=form,
            status=409 if refused.status < 500 else 503,
        )
    except ServiceUnavailable:
        said = _AWAY.format("mail service")
        return show_match(match_id, said=said, form="answer", values=form, status=503)
    flash(
        "The answer is recorded; the member gets a copy by email. It shows here in a few seconds.",
        "success",
    )
    return redirect(url_for("console.match", match_id=match_id), 303)


@console.post("/mail/<message_id>/<any(retry, arrived):what>")
@may_decide
def settle_mail(message_id: str, what: str) -> AnyResponse:
    """Send a stopped email once more, or take it as arrived because its recipient says so."""
    try:
        parts().notifier.settle(message_id, what, actor())
        said = "It is sent once more." if what == "retry" else "It counts as arrived."
        flash(said, "success")
    except Refused as refused:
        flash(refused.detail, "error")
    except ServiceUnavailable:
        flash(_AWAY.format("mail service"), "error")
    return redirect(url_for("console.listed", name="attention"), 303)


@console.get("/members/<member_id>/contacts")
@may_decide
def contacts(member_id: str) -> Response:
    return _show_contacts(member_id)


@console.post("/members/<member_id>/contacts/<contact_id>")
@may_decide
def correct_contact(member_id: str, contact_id: str) -> Response | AnyResponse:
    form = request.form

    def act() -> None:
        present, _ = parts().registry.contact(contact_id, actor())
        if present.get("member") != member_id:
            problem(404, "not_found", "This member has no such contact. Look at the list again.")
        body = {
            name: present[name] for name in ("email", "name", "role", "main", "choices", "ground")
        }
        body |= {name: form.get(name, "").strip() for name in ("email", "name", "role")}
        body["main"] = bool(form.get("main")) or bool(present["main"])
        parts().registry.correct_contact(contact_id, body, f'"{form.get("version", "")}"', actor())

    return _change_contact(member_id, contact_id, act)


@console.post("/members/<member_id>/contacts")
@may_decide
def add_contact(member_id: str) -> Response | AnyResponse:
    form = request.form

    def act() -> None:
        body: dict[str, Any] = {
            name: form.get(name, "").strip() for name in ("email", "name", "role")
        }
        body["main"] = bool(form.get("main"))
        source = form.get("ground_source", "").strip()
        if source:
            today = parts().clock.now().date().isoformat()
            body["ground"] = {"basis": "legitimate_interests", "date": today, "source": source}
        parts().registry.add_contact(member_id, body, actor())

    return _change_contact(member_id, "new", act)


def _change_contact(member_id: str, which: str, act: Any) -> Response | AnyResponse:
    try:
        act()
    except Refused as refused:
        said = refused.detail
        if refused.status == 412:
            said = "Somebody changed this contact since you opened it. Look at it again."
        return _show_contacts(member_id, said=said, which=which, faults=refused.faults, status=409)
    except ServiceUnavailable:
        return _show_contacts(member_id, said=_AWAY.format("registry"), which=which, status=503)
    flash("The contact is saved.", "success")
    match_id = request.form.get("match", "")
    if match_id:
        return redirect(url_for("console.match", match_id=match_id), 303)
    return redirect(url_for("console.contacts", member_id=member_id), 303)


def _show_contacts(
    member_id: str,
    *,
    said: str = "",
    which: str = "",
    faults: Mapping[str, str] = NO_FAULTS,
    status: int = 200,
) -> Response:
    with parts().database.read() as connection:
        member = known.member_state(connection, member_id)
    if member is None:
        problem(404, "not_found", f"No member {member_id[:60]} is known here. Look at its match.")
    people: list[dict[str, Any]] | None = None
    try:
        people = parts().registry.contacts_of(member_id, actor())
    except (ServiceUnavailable, Refused):
        said, status = said or _AWAY.format("registry"), 503
    return render(
        "directory/contacts.html",
        status=status,
        member=member,
        people=people,
        match_id=request.values.get("match", ""),
        said=said,
        which=which,
        faults=faults,
        values=request.form,
    )


def _answer_faults() -> dict[str, str]:
    form = request.form
    faults = {}
    if not form.get("member_id"):
        faults["member_id"] = "Say whose answer it is."
    if form.get("answer") not in ("yes", "no", "not_now"):
        faults["answer"] = "Say what the answer was."
    if not form.get("said_by", "").strip():
        faults["said_by"] = "Say who gave the answer: a name and a role."
    if form.get("how") not in HOW:
        faults["how"] = "Say how the answer reached you."
    if form.get("answer") == "no" and not form.get("reason_code"):
        faults["reason_code"] = "Choose a reason; “Another reason” will do."
    return faults
