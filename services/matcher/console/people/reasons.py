"""The reasons coordinators choose from: how often each was said, what it teaches, and its change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.parts import parts, transaction
from services.matcher.console.showing import render
from services.matcher.domain.codes import ANSWER, ENDING, HOLD, RULE, VERDICT, ReasonCode
from services.matcher.domain.errors import NotAllowed
from services.matcher.reasons import (
    ALWAYS,
    CHANGED,
    EXTENDED,
    LONGEST_LABEL,
    ReasonRefused,
    add_reason,
    bring_back_reason,
    rename_reason,
    retire_reason,
)
from services.matcher.store.reasons import kept_reasons
from shared.storage import Work

TITLES: Mapping[str, tuple[str, str]] = {
    VERDICT: ("Approving and rejecting", "A coordinator's reasons when a proposal is decided."),
    ANSWER: (
        "Answers of members",
        "Members choose from these on their own page too, so none can be added here.",
    ),
    ENDING: ("Withdrawing and ending", "Why a match was withdrawn, or ended after it began."),
    HOLD: ("Putting on hold", "Why a match waits. The number is of matches on hold now."),
    RULE: ("By itself", "Convene's own words for what it does by rule; they cannot be changed."),
}
TEACHES: Mapping[str, str] = {
    "": "Nothing",
    "all": "The whole score",
    "subject": "What the texts are about, goals and kind of help",
    "text": "What the texts are about",
    "goals": "Goals",
    "help": "Kind of help",
    "place": "Place",
    "beneficiaries": "Who it is for",
    "load": "How busy the member is",
    "freshness": "How recent the listing is",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with a form: the list and code it is about (`new` for the form that adds)."""

    where: str
    field: str
    said: str


@console.get("/reasons")
@may_administer
def reasons() -> Response:
    return _page()


@console.post("/reasons")
@may_administer
def new_reason() -> Response | AnyResponse:
    form = request.form
    days = form.get("cooling_days", "").strip() or "0"
    asked = ReasonCode(
        of_list=form.get("of_list", ""),
        code="",
        label=form.get("label", ""),
        teaches=form.get("teaches", "") if form.get("teaches", "") in TEACHES else "",
        cooling_days=int(days) if days.isdecimal() and len(days) < 6 else -1,
        for_good=bool(form.get("for_good")),
    )
    return _done("new", lambda work: add_reason(work, asked), "“{}” is offered from now on.")


@console.post("/reasons/<of_list>/<code>")
@may_administer
def relabel_reason(of_list: str, code: str) -> Response | AnyResponse:
    label = request.form.get("label", "")
    return _done(
        f"{of_list}:{code}",
        lambda work: rename_reason(work, of_list, code, label),
        "It is called “{}” now.",
    )


@console.post("/reasons/<of_list>/<code>/retire")
@may_administer
def retire(of_list: str, code: str) -> Response | AnyResponse:
    said = "“{}” is offered no more. What was said with it stays."
    return _done(f"{of_list}:{code}", lambda work: retire_reason(work, of_list, code), said)


@console.post("/reasons/<of_list>/<code>/bring-back")
@may_administer
def bring_back(of_list: str, code: str) -> Response | AnyResponse:
    said = "“{}” is offered again."
    return _done(f"{of_list}:{code}", lambda work: bring_back_reason(work, of_list, code), said)


def _done(where: str, act: Callable[[Work], ReasonCode], said: str) -> Response | AnyResponse:
    try:
        with transaction() as work:
            changed = act(work)
    except NotAllowed as refused:
        field = refused.field if isinstance(refused, ReasonRefused) else "label"
        return _page(status=422, fault=Fault(where, field, str(refused)))
    flash(said.format(changed.label), "success")
    return redirect(url_for("console.reasons"), 303)


def _page(*, status: int = 200, fault: Fault | None = None) -> Response:
    with parts().database.read() as connection:
        kept = kept_reasons(connection)
    return render(
        "people/reasons.html",
        status=status,
        lists={name: [one for one in kept if one.reason.of_list == name] for name in TITLES},
        titles=TITLES,
        teaches=TEACHES,
        extended=EXTENDED,
        changed=CHANGED,
        always=ALWAYS,
        longest=LONGEST_LABEL,
        fault=fault,
        values=request.form,
    )
