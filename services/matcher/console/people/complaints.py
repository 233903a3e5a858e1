"""Complaints about how personal data is used: recorded, acknowledged within 30 days, closed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.asking import Refused
from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from shared.web.client import ServiceUnavailable

HOW = {
    "telephone": "By telephone",
    "email": "By email",
    "letter": "By letter",
    "other": "Otherwise",
}
OUTCOMES = {
    "upheld": "It was right",
    "partly_upheld": "It was partly right",
    "not_upheld": "It was not right",
    "withdrawn": "It was taken back",
}
NOTHING: Mapping[str, str] = {}


@console.get("/complaints")
@may_decide
def complaints() -> Response:
    return _page()


@console.post("/complaints")
@may_decide
def record_complaint() -> Response | AnyResponse:
    typed = {name: request.form.get(name, "").strip() for name in ("text", "who", "how")}
    faults = {}
    if len(typed["text"]) < 3:
        faults["text"] = "Write what the complaint is about."
    if not typed["who"]:
        faults["who"] = "Write who complains and how to reach them."
    if typed["how"] not in HOW:
        faults["how"] = "Choose how it came."
    if faults:
        return _page(status=422, faults=faults)
    return _sent("", typed, "Recorded. Write to the person within 30 days that it arrived.")


@console.post("/complaints/<complaint_id>/acknowledge")
@may_decide
def acknowledge_complaint(complaint_id: str) -> Response | AnyResponse:
    return _sent(f"/{complaint_id}/acknowledge", None, "Noted that the person was told.")


@console.post("/complaints/<complaint_id>/close")
@may_decide
def close_complaint(complaint_id: str) -> Response | AnyResponse:
    typed = {name: request.form.get(name, "").strip() for name in ("outcome", "said")}
    if typed["outcome"] not in OUTCOMES or len(typed["said"]) < 3:
        said = "Choose what was found, and write what the person was told."
        return _page(status=422, faults={complaint_id: said})
    return _sent(f"/{complaint_id}/close", typed, "The complaint is closed.")


def _sent(path: str, body: dict[str, str] | None, said: str) -> Response | AnyResponse:
    try:
        parts().notifier.complain(path, body, actor())
    except Refused as refused:
        return _page(status=422, faults={"": refused.detail})
    except ServiceUnavailable:
        return _page(
            status=503, faults={"": "The notifier does not answer. Try again in a minute."}
        )
    flash(said, "success")
    return redirect(url_for("console.complaints"), 303)


def _page(*, status: int = 200, faults: Mapping[str, str] = NOTHING) -> Response:
    found = parts().notifier.complaints(actor())
    return render(
        "people/complaints.html",
        status=status,
        items=[_read(one) for one in found.items],
        away=found.away,
        how=HOW,
        outcomes=OUTCOMES,
        faults=faults,
        values=request.form,
    )


def _read(item: Mapping[str, Any]) -> dict[str, Any]:
    moments = ("received_at", "due_at", "acknowledged_at", "closed_at")
    read = {name: datetime.fromisoformat(item[name]) if item[name] else None for name in moments}
    return {**item, **read}
