"""Listings are added and edited here, with what they would find shown while somebody types.

Everything goes through the registry's API in the coordinator's name; nothing is kept here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.clients import Edition, Refused
from services.matcher.console.directory.addresses import page_url
from services.matcher.console.directory.forms import (
    KINDS,
    Kind,
    Typed,
    read_typed,
    values_of,
    with_use,
)
from services.matcher.console.directory.found import Shown, shown_preview
from services.matcher.console.directory.read_needs import member_names
from services.matcher.console.directory.showing_forms import (
    CHOICES,
    LOOK,
    changed_meanwhile,
    refused_words,
)
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from services.matcher.store import known
from services.matcher.store import tables as t
from shared.web.client import ServiceUnavailable
from shared.web.limits import rate_limit
from shared.web.problems import problem

AWAY = "The registry does not answer at the moment. Nothing was changed; try again in a minute."
STALE = "Somebody changed this since you opened it. What you typed is kept below; look at the differences, then save again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One form as it is shown."""

    kind: Kind
    values: MultiDict[str, str]
    listing_id: str = ""
    version: str = ""
    member_id: str = ""
    typed: Typed | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    meanwhile: Any = ()
    status: int = 200


@console.get("/needs/new", defaults={"plural": "needs"})
@console.get("/capabilities/new", defaults={"plural": "capabilities"})
@may_decide
def new_listing(plural: str) -> Response:
    kind = KINDS[plural]
    values = values_of(kind, {})
    member_id = request.args.get("member", "")
    values["member"] = _name_of(member_id)
    return _show(Sheet(kind=kind, values=values, member_id=member_id))


@console.post("/needs/new", defaults={"plural": "needs"})
@console.post("/capabilities/new", defaults={"plural": "capabilities"})
@may_decide
def add_listing(plural: str) -> Response | AnyResponse:
    kind = KINDS[plural]
    form = with_use(request.form, kind)
    typed, member_id = read_typed(kind, form), member_id_of(form.get("member", ""))
    sheet = Sheet(kind=kind, values=form, member_id=member_id, typed=typed)
    if form.get("do") not in ("save", "draft"):
        return _show(sheet)
    faults = dict(typed.faults)
    if not member_id:
        faults["member"] = "No member has this name. Choose one from the list, or add it first."
    if faults:
        return _show(_wrong(sheet, LOOK, faults))
    body = {**typed.content, "member": member_id}
    if form["do"] == "draft":
        body["status"] = "draft"
    try:
        made = parts().registry.add(plural, body, form.get("once") or str(uuid4()), actor())
    except Refused as refused:
        return _show(_wrong(sheet, *refused_words(refused)))
    except ServiceUnavailable:
        return _show(_wrong(sheet, AWAY, {}, 503))
    if form["do"] == "draft":
        flash("The draft is saved in the registry. It shows here once it is published.", "success")
        return redirect(url_for("console.edit_listing", plural=plural, listing_id=made["id"]), 303)
    return _saved(kind, str(made["id"]))


@console.get("/<any(needs, capabilities):plural>/<listing_id>/edit")
@may_decide
def edit_listing(plural: str, listing_id: str) -> Response:
    kind = KINDS[plural]
    held = held_by_registry(kind, listing_id)
    values = values_of(kind, held)
    return _show(_sheet_of(kind, values, held))


@console.post("/<any(needs, capabilities):plural>/<listing_id>/edit")
@may_decide
def change_listing(plural: str, listing_id: str) -> Response | AnyResponse:
    kind = KINDS[plural]
    form = with_use(request.form, kind)
    held = held_by_registry(kind, listing_id)
    typed = read_typed(kind, form, held)
    sheet = _sheet_of(kind, form, held, typed)
    if form.get("do") != "save":
        return _show(sheet)
    if typed.faults:
        return _show(_wrong(sheet, LOOK, typed.faults))
    at = Edition(form.get("version", ""), form.get("once") or str(uuid4()))
    try:
        parts().registry.replace(plural, listing_id, typed.content, at, actor())
    except Refused as refused:
        if refused.status == 412:
            return _show(_stale(sheet, held))
        return _show(_wrong(sheet, *refused_words(refused)))
    except ServiceUnavailable:
        return _show(_wrong(sheet, AWAY, {}, 503))
    return _saved(kind, listing_id)


@console.post("/preview/<any(needs, capabilities):plural>")
@may_decide
@rate_limit("preview", per_minute=120)
def live_preview(plural: str) -> Response:
    """The part of the page beside the form, for the script that asks while somebody types."""
    kind = KINDS[plural]
    typed = read_typed(kind, request.form)
    member_id = request.form.get("member_id") or member_id_of(request.form.get("member", ""))
    page = render_template(
        "console/directory/_preview.html", preview=shown_preview(kind, typed, member_id), kind=kind
    )
    return make_response(page)


def _show(sheet: Sheet) -> Response:
    kind, typed = sheet.kind, sheet.typed or read_typed(sheet.kind, sheet.values)
    preview: Shown | None = None
    if sheet.values.get("title"):
        preview = shown_preview(kind, typed, sheet.member_id)
    with parts().database.read() as connection:
        members = [] if sheet.listing_id else member_names(connection)
    return render(
        f"directory/form_{kind.name}.html",
        status=sheet.status,
        sheet=sheet,
        v=sheet.values,
        faults=sheet.faults or (typed.faults if sheet.values.get("do") == "preview" else {}),
        candidates=typed.candidates,
        preview=preview,
        kind=kind,
        choices=CHOICES,
        members=members,
        once=sheet.values.get("once") or str(uuid4()),
    )


def _sheet_of(
    kind: Kind, values: MultiDict[str, str], held: Mapping[str, Any], typed: Typed | None = None
) -> Sheet:
    return Sheet(
        kind=kind,
        values=values,
        listing_id=str(held["id"]),
        version=values.get("version") or str(held["version"]),
        member_id=str(held["member"]),
        typed=typed,
    )


def _wrong(sheet: Sheet, said: str, faults: Mapping[str, str], status: int = 422) -> Sheet:
    return Sheet(
        kind=sheet.kind,
        values=sheet.values,
        listing_id=sheet.listing_id,
        version=sheet.version,
        member_id=sheet.member_id,
        typed=sheet.typed,
        faults=faults,
        said=said,
        status=status,
    )


def _stale(sheet: Sheet, held: Mapping[str, Any]) -> Sheet:
    """The next save is of the version that is shown now, with a key of its own."""
    values = MultiDict(sheet.values)
    values["once"] = str(uuid4())
    return Sheet(
        kind=sheet.kind,
        values=values,
        listing_id=sheet.listing_id,
        version=str(held["version"]),
        member_id=sheet.member_id,
        typed=sheet.typed,
        said=STALE,
        meanwhile=changed_meanwhile(sheet.kind, held, sheet.values),
        status=409,
    )


def _saved(kind: Kind, id_: str) -> AnyResponse:
    flash("Saved. A change shows here in a few seconds.", "success")
    return redirect(page_url(kind.name, id_, saved=True), 303)


def held_by_registry(kind: Kind, id_: str) -> dict[str, Any]:
    """As the registry has it now; its page of refusal where it cannot be had."""
    try:
        return parts().registry.entity(kind.plural, id_, actor())
    except Refused as refused:
        problem(refused.status, "not_found", refused.detail)
    except ServiceUnavailable:
        problem(503, "registry_away", AWAY)


def _name_of(member_id: str) -> str:
    if not member_id:
        return ""
    with parts().database.read() as connection:
        found = known.member_state(connection, member_id)
    return str(found["name"]) if found else ""


def member_id_of(text: str) -> str:
    """By name or id; empty where there is no one such member."""
    wanted = text.strip()
    table = t.members
    query = select(table.c.member_id).where(
        or_(func.lower(table.c.name) == wanted.lower(), table.c.member_id == wanted),
        table.c.status.not_in(["erased", "withdrawn"]),
    )
    with parts().database.read() as connection:
        found = list(connection.scalars(query.limit(2))) if wanted else []
    return found[0] if len(found) == 1 else ""
