"""What a coordinator does to a match: every form ends in one use case, in one transaction.

When somebody was quicker, or a rule refuses, the page comes back with what happened and with what
had been typed; nothing is half done.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher import close, hold, review
from services.matcher.again import open_new_round, score_again
from services.matcher.asking import ask_again
from services.matcher.console import times
from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.match.pages import show_match
from services.matcher.console.parts import parts, transaction
from services.matcher.console.review.quicker import already_decided, moved_on
from services.matcher.domain.errors import (
    AlreadyDecided,
    DateNeeded,
    GraceOver,
    NotAllowed,
    StaleRevision,
    UnknownMatch,
    UnknownReason,
)
from services.matcher.domain.matches import Match
from shared.storage import Work
from shared.web.problems import problem

LONGEST_NOTE = 5_000
NOT_CARRIED_OUT = "What you chose was not carried out; this is the match as it stands now."
Act = Callable[[Work], Match]


@console.post("/matches/<match_id>/approve")
@may_decide
def approve(match_id: str) -> Response | AnyResponse:
    seconds = parts().settings.grace_seconds
    minutes = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    return _carry_out(
        match_id,
        "approve",
        lambda work: review.approve_match(
            work, parts().deps, match_id, reason_code=_reason() or None, **_seen_and_noted()
        ),
        f"Approved. The members are asked in {minutes}; until then you can undo it.",
    )


@console.post("/matches/<match_id>/reject")
@may_decide
def reject(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "reject",
        lambda work: review.reject_match(
            work, match_id, reason_code=_reason(), until=_until(), **_seen_and_noted()
        ),
        "Rejected. Nobody was asked.",
    )


@console.post("/matches/<match_id>/undo")
@may_decide
def undo(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "undo",
        lambda work: review.undo_approval(work, match_id, revision=_revision()),
        "The approval is undone. Nobody was asked.",
    )


@console.post("/matches/<match_id>/hold")
@may_decide
def put_on_hold(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "hold",
        lambda work: hold.hold_match(
            work, match_id, code=_reason(), until=_until(), revision=_revision()
        ),
        "On hold. No mail goes out and the clocks stand still.",
    )


@console.post("/matches/<match_id>/release")
@may_decide
def release(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "release",
        lambda work: hold.release_match(work, match_id, revision=_revision()),
        "Released. It goes on where it stopped.",
    )


@console.post("/matches/<match_id>/withdraw")
@may_decide
def withdraw(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "withdraw",
        lambda work: close.withdraw_match(
            work, match_id, reason_code=_reason(), revision=_revision()
        ),
        "Withdrawn. Whoever was asked gets one neutral closing email.",
    )


@console.post("/matches/<match_id>/end")
@may_decide
def end(match_id: str) -> Response | AnyResponse:
    def act(work: Work) -> Match:
        if _reason() == "done":
            return close.complete_match(work, match_id, revision=_revision())
        return close.end_match(work, match_id, reason_code=_reason(), revision=_revision())

    return _carry_out(match_id, "end", act, "Closed, with its reason.")


@console.post("/matches/<match_id>/ask-again")
@may_decide
def ask_once_more(match_id: str) -> Response | AnyResponse:
    return _carry_out(
        match_id,
        "ask-again",
        lambda work: ask_again(work, parts().deps, match_id, revision=_revision()),
        "Whoever could not be reached is asked once more.",
    )


@console.post("/matches/<match_id>/again")
@may_decide
def propose_again(match_id: str) -> Response | AnyResponse:
    """A new round. The score is made before the transaction, because scoring may take its time."""
    here = parts()
    try:
        scored = score_again(here.database, here.deps, match_id, here.clock.now().date())
        with transaction() as work:
            fresh = open_new_round(work, here.deps, match_id, scored)
    except NotAllowed as error:
        return _refused(match_id, "again", error)
    flash("Proposed again, as a new round. Review it as any other.", "success")
    return redirect(url_for("console.match", match_id=fresh.match_id), 303)


def _carry_out(match_id: str, form: str, act: Act, done: str) -> Response | AnyResponse:
    try:
        with transaction() as work:
            act(work)
    except NotAllowed as error:
        return _refused(match_id, form, error)
    flash(done, "success")
    return redirect(url_for("console.match", match_id=match_id), 303)


def _refused(match_id: str, form: str, error: NotAllowed) -> Response:
    if isinstance(error, UnknownMatch):
        problem(404, error.code, str(error))
    faults: dict[str, str] = {}
    status = 409
    match error:
        case AlreadyDecided():
            said = f"{already_decided(error)} {NOT_CARRIED_OUT}"
        case StaleRevision():
            said = f"{moved_on(match_id)} {NOT_CARRIED_OUT}"
        case GraceOver():
            said = (
                "The approval has taken effect and can no longer be undone. "
                "Withdraw the match instead."
            )
        case UnknownReason():
            said, status = "Nothing was changed yet: a reason is missing.", 422
            faults = {"reason_code": "Choose a reason."}
        case DateNeeded():
            said, status = "Nothing was changed yet: the date is not right.", 422
            faults = {"until": "Give a date in the future."}
        case _BadField():
            said, status = "Nothing was changed yet. Look at the marked field.", 422
            faults = {error.field: str(error)}
        case _:
            said = str(error)
    return show_match(
        match_id, said=said, form=form, faults=faults, values=request.form, status=status
    )


class _BadField(NotAllowed):
    """A field of a form that cannot be used."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def _reason() -> str:
    return _field("reason_code")


def _note() -> str:
    note = _field("note")
    if len(note) > LONGEST_NOTE:
        raise _BadField(
            "note", f"The note has {len(note):,} characters. Shorten it to {LONGEST_NOTE:,}."
        )
    return note


def _seen_and_noted() -> dict[str, Any]:
    """What a verdict carries besides its reason: the revision it is on, and the note."""
    return {"revision": _revision(), "note": _note()}


def _until() -> datetime | None:
    try:
        return times.end_of_day(_field("until"))
    except ValueError as error:
        raise _BadField("until", str(error)) from error


def _revision() -> int:
    text = _field("revision")
    if not text.isdecimal() or len(text) > 9:
        problem(400, "bad_request", "The form was not complete. Go back, reload it, send it again.")
    return int(text)
