"""Many proposals rejected with one reason: each in a transaction of its own, each told apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Response, flash, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from services.matcher import review
from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.parts import parts, transaction
from services.matcher.console.review.filters import Filters, read_filters
from services.matcher.console.review.lists import QUEUE, show_list
from services.matcher.console.review.quicker import already_decided, moved_on
from services.matcher.console.review.saving import address_of
from services.matcher.domain.errors import (
    AlreadyDecided,
    NotAllowed,
    StaleRevision,
    UnknownMatch,
    UnknownReason,
)
from services.matcher.store.matches import find_match
from shared.web.problems import problem

MOST = 100
_LONGEST_NOTE = 5_000
_NAMED = 4
"""Messages travel in a cookie, so that of many only the first are told by name."""


@dataclass(frozen=True, slots=True)
class _Ticked:
    """A proposal as its checkbox names it: which, and at which revision it was shown."""

    match_id: str
    revision: int


@console.post("/lists/proposals/reject")
@may_decide
def reject_ticked() -> Response | AnyResponse:
    filters = read_filters(request.form, parts().clock.now())
    ticked = _ticked()
    faults = dict(_faults(ticked))
    if faults:
        return _again(filters, ticked, faults)
    try:
        refused = [said for one in ticked if (said := _reject(one))]
    except UnknownReason:
        return _again(filters, ticked, {"reason_code": "Choose a reason."})
    _tell(len(ticked) - len(refused), refused)
    return redirect(address_of(QUEUE, filters.query()), 303)


def _faults(ticked: Sequence[_Ticked]) -> Iterator[tuple[str, str]]:
    if not ticked:
        yield "ticked", "Tick the proposals that you want to reject, then choose this again."
    if len(ticked) > MOST:
        yield "ticked", f"{len(ticked)} are ticked. Reject at most {MOST} at once."
    if not request.form.get("reason_code"):
        yield "reason_code", "Choose a reason. It is kept with each of them."
    if len(request.form.get("note", "")) > _LONGEST_NOTE:
        yield "note", f"Shorten the note to {_LONGEST_NOTE:,} characters."


def _again(filters: Filters, ticked: Sequence[_Ticked], faults: dict[str, str]) -> Response:
    text = request.form.get("page", "")
    number = int(text) if text.isdecimal() and len(text) < 7 else 1
    chosen = {one.match_id for one in ticked}
    return show_list(QUEUE, filters, number, ticked=chosen, values=request.form, faults=faults)


def _reject(one: _Ticked) -> str:
    """Why not, where it could not be rejected; the others go on."""
    try:
        with transaction() as work:
            review.reject_match(
                work,
                one.match_id,
                reason_code=request.form["reason_code"],
                note=request.form.get("note", "").strip(),
                revision=one.revision,
                in_bulk=True,
            )
    except UnknownReason:
        raise
    except NotAllowed as error:
        return f"{_title(one.match_id)}: {_why(error, one.match_id)}"
    return ""


def _why(error: NotAllowed, match_id: str) -> str:
    match error:
        case AlreadyDecided():
            return already_decided(error)
        case StaleRevision():
            return moved_on(match_id)
        case UnknownMatch():
            return "It is not there any more."
        case _:
            return str(error)


def _title(match_id: str) -> str:
    with parts().database.read() as connection:
        match = find_match(connection, match_id)
    title = str((match.need.get("title") if match else "") or "A proposal")
    return f"“{title[:80]}”"


def _tell(done: int, refused: Sequence[str]) -> None:
    if done:
        what = "1 proposal is" if done == 1 else f"{done} proposals are"
        flash(f"{what} rejected. Nobody was asked, and the matcher learns nothing from it.",
              "success")  # fmt: skip
    for said in refused[:_NAMED]:
        flash(f"Not rejected: {said}", "warning")
    if len(refused) > _NAMED:
        flash(f"{len(refused) - _NAMED} more were decided or changed meanwhile.", "warning")


def _ticked() -> list[_Ticked]:
    found = []
    for text in dict.fromkeys(request.form.getlist("match")):
        match_id, _, revision = text.rpartition(":")
        if not match_id or not revision.isdecimal() or len(revision) > 9:
            problem(400, "bad_request", "The form was not complete. Reload the list, try again.")
        found.append(_Ticked(match_id, int(revision)))
    return found
