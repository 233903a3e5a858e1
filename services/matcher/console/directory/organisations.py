"""Members are added and edited, and those that look like one organisation under two names."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import Response, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide, may_look
from services.matcher.console.clients import Edition, Refused
from services.matcher.console.directory.addresses import page_url
from services.matcher.console.directory.alike import alike_pairs, tell_apart
from services.matcher.console.directory.edit import AWAY, STALE, held_by_registry
from services.matcher.console.directory.forms import KINDS, read_typed, values_of, with_use
from services.matcher.console.directory.showing_forms import (
    CHOICES,
    LOOK,
    changed_meanwhile,
    refused_words,
)
from services.matcher.console.parts import actor, parts, transaction
from services.matcher.console.showing import render
from shared.web.client import ServiceUnavailable

KIND = KINDS["members"]


@console.get("/members/new")
@may_decide
def new_member() -> Response:
    return _show(values_of(KIND, {}))


@console.post("/members/new")
@may_decide
def add_member() -> Response | AnyResponse:
    form = with_use(request.form, KIND)
    typed = read_typed(KIND, form)
    if form.get("do") != "save":
        return _show(form)
    if typed.faults:
        return _show(form, said=LOOK, faults=typed.faults, status=422)
    try:
        body = {**typed.content, "status": "invited" if form.get("invited") else "active"}
        made = parts().registry.add("members", body, form.get("once") or str(uuid4()), actor())
    except Refused as refused:
        said, faults = refused_words(refused)
        return _show(form, said=said, faults=faults, status=422)
    except ServiceUnavailable:
        return _show(form, said=AWAY, status=503)
    return _saved(str(made["id"]))


@console.get("/members/<member_id>/edit")
@may_decide
def edit_member(member_id: str) -> Response:
    held = held_by_registry(KIND, member_id)
    return _show(values_of(KIND, held), held=held)


@console.post("/members/<member_id>/edit")
@may_decide
def change_member(member_id: str) -> Response | AnyResponse:
    form = with_use(request.form, KIND)
    held = held_by_registry(KIND, member_id)
    typed = read_typed(KIND, form, held)
    if form.get("do") != "save":
        return _show(form, held=held)
    if typed.faults:
        return _show(form, held=held, said=LOOK, faults=typed.faults, status=422)
    at = Edition(form.get("version", ""), form.get("once") or str(uuid4()))
    try:
        parts().registry.replace("members", member_id, typed.content, at, actor())
    except Refused as refused:
        if refused.status != 412:
            said, faults = refused_words(refused)
            return _show(form, held=held, said=said, faults=faults, status=422)
        form["version"], form["once"] = str(held["version"]), str(uuid4())
        return _show(form, held=held, said=STALE, status=409)
    except ServiceUnavailable:
        return _show(form, held=held, said=AWAY, status=503)
    return _saved(member_id)


@console.get("/duplicates")
@may_look
def duplicates() -> Response:
    with parts().database.read() as connection:
        pairs = alike_pairs(connection)
    return render("directory/duplicates.html", pairs=pairs)


@console.post("/duplicates")
@may_decide
def these_are_two() -> AnyResponse:
    form = request.form
    with transaction() as work:
        tell_apart(work, form.get("kind", ""), form.get("one", ""), form.get("other", ""))
    flash("Noted: these are two. They are not pointed out again.", "success")
    return redirect(url_for("console.duplicates"), 303)


def _saved(member_id: str) -> AnyResponse:
    flash("Saved. A change shows here in a few seconds.", "success")
    return redirect(page_url("member", member_id, saved=True), 303)


def _show(
    values: MultiDict[str, str],
    *,
    held: Mapping[str, Any] | None = None,
    said: str = "",
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    return render(
        "directory/form_member.html",
        status=status,
        v=values,
        held=held,
        version=values.get("version") or (str(held["version"]) if held else ""),
        said=said,
        faults=faults or {},
        candidates=read_typed(KIND, values).candidates,
        meanwhile=changed_meanwhile(KIND, held, values) if held and status == 409 else (),
        kind=KIND,
        choices=CHOICES,
        once=values.get("once") or str(uuid4()),
    )
