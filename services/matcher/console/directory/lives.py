"""Steps in the life of members and listings: paused, resumed, confirmed, closed; and conflicts."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.clients import Body, Edition, Refused
from services.matcher.console.directory.addresses import page_url
from services.matcher.console.directory.edit import AWAY, member_id_of
from services.matcher.console.directory.forms import KINDS
from services.matcher.console.directory.read_needs import member_names, names_of_members
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from services.matcher.store import known
from shared.reference.vocabulary import SECTORS
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem

SAID = {
    "pause": "It is paused: nothing new is proposed, and its open proposals end.",
    "resume": "It is published again.",
    "publish": "It is published.",
    "confirm": "Noted: it is still true.",
    "met": "It is closed.",
    "withdrawn": "It is withdrawn.",
    "activate": "It is active now and may be asked.",
    "invite": "It is invited again.",
    "withdraw": "It has left the coalition. Its listings are closed.",
}
CONFLICT_CODES = {
    "live_tender": "A tender is open",
    "competitor": "They compete",
    "exclusivity": "One of them works with somebody else only",
    "conflict": "Another reason",
}
_CLOSING = ("met", "withdrawn")


@console.post(
    "/<any(needs, capabilities):plural>/<listing_id>"
    "/<any(pause, resume, publish, confirm, met, withdrawn):step>"
)
@may_decide
def move_listing(plural: str, listing_id: str, step: str) -> AnyResponse:
    if step in _CLOSING:
        _move(f"{plural}/{listing_id}/close", step, {"code": step})
    else:
        _move(f"{plural}/{listing_id}/{step}", step)
    return redirect(page_url(KINDS[plural].name, listing_id, saved=True), 303)


@console.post("/members/<member_id>/<any(invite, activate, pause, resume, withdraw):step>")
@may_decide
def move_member(member_id: str, step: str) -> AnyResponse:
    _move(f"members/{member_id}/{step}", step)
    return redirect(page_url("member", member_id, saved=True), 303)


@console.get("/members/<member_id>/conflicts")
@may_decide
def conflicts(member_id: str) -> Response:
    return _conflicts(member_id)


@console.post("/members/<member_id>/conflicts")
@may_decide
def add_conflict(member_id: str) -> Response | AnyResponse:
    form = request.form
    other, sector = form.get("other", "").strip(), form.get("sector", "")
    faults = {}
    found = member_id_of(other)
    if other and not found:
        faults["other"] = "No member has this name. Choose one from the list."
    elif bool(other) == bool(sector):
        faults["other"] = "Name either a member or a whole sector."
    elif found == member_id:
        faults["other"] = "That is the member itself. Name another one."
    if faults:
        return _conflicts(member_id, faults=faults, status=422)
    entry = {
        "member": found or None,
        "sector": sector or None,
        "code": form.get("code") if form.get("code") in CONFLICT_CODES else "conflict",
        "until": form.get("until") or None,
    }

    def with_it(declared: list[Body]) -> list[Body]:
        return [*(one for one in declared if _whom(one) != _whom(entry)), entry]

    return _change(member_id, with_it, "The conflict is kept. It shows here in a few seconds.")


@console.post("/members/<member_id>/conflicts/end")
@may_decide
def end_conflict(member_id: str) -> Response | AnyResponse:
    ended = request.form.get("whom", "")

    def without(declared: list[Body]) -> list[Body]:
        return [one for one in declared if _whom(one) != ended]

    return _change(member_id, without, "The conflict is over. They may be matched again.")


def _move(path: str, step: str, body: Body | None = None) -> None:
    try:
        parts().registry.move(path, body, actor())
        flash(SAID[step], "success")
    except Refused as refused:
        flash(refused.detail[:1].upper() + refused.detail[1:], "error")
    except ServiceUnavailable:
        flash(AWAY, "error")


def _change(
    member_id: str, change: Callable[[list[Body]], list[Body]], said: str
) -> Response | AnyResponse:
    """The list is replaced as a whole, as of the version that the page showed."""
    registry = parts().registry
    at = Edition(request.form.get("version", ""), request.form.get("once") or str(uuid4()))
    try:
        declared, _ = registry.conflicts_of(member_id, actor())
        registry.put_conflicts(member_id, change(declared), at, actor())
    except Refused as refused:
        told = refused.detail
        if refused.status == 412:
            told = "Somebody changed the list since you opened it. Look at it again."
        return _conflicts(member_id, said=told, faults=refused.faults, status=409)
    except ServiceUnavailable:
        return _conflicts(member_id, said=AWAY, status=503)
    flash(said, "success")
    return redirect(url_for("console.conflicts", member_id=member_id), 303)


def _conflicts(
    member_id: str,
    *,
    said: str = "",
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Why is read from the registry at the moment of showing, and kept nowhere else."""
    with parts().database.read() as connection:
        member = known.member_state(connection, member_id)
        members = member_names(connection)
    if member is None:
        problem(404, "not_found", f"No member {member_id[:60]} is known. Look it up in the list.")
    declared: list[Body] | None = None
    version = ""
    try:
        declared, version = parts().registry.conflicts_of(member_id, actor())
    except (Refused, ServiceUnavailable):
        said, status = said or AWAY, 503
    return render(
        "directory/conflicts.html",
        status=status,
        member=member,
        declared=_told(declared or []),
        away=declared is None,
        version=version,
        members=members,
        sectors=list(SECTORS),
        codes=CONFLICT_CODES,
        said=said,
        faults=faults or {},
        values=request.form,
        once=str(uuid4()),
    )


def _told(declared: list[Body]) -> list[dict[str, Any]]:
    others = {str(one["member"]) for one in declared if one.get("member")}
    with parts().database.read() as connection:
        names = names_of_members(connection, others)
    return [
        {**one, "whom": _whom(one), "name": names.get(str(one.get("member")), one.get("member"))}
        for one in declared
    ]


def _whom(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('member') or ''}|{entry.get('sector') or ''}"
