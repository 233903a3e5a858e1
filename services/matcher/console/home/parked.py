"""Events that were set aside, of all three services: an administrator looks and decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.asking import Refused, part, taken
from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from shared.messaging.desk import Decision
from shared.observability.logging import get_logger
from shared.settings.common import SERVICES
from shared.web.client import ServiceUnavailable
from shared.web.parked import LONGEST_REASON

_OURS = "matcher"
_DECISIONS: Mapping[str, Decision] = {"release": "release", "discard": "discard"}
_NO_REASON = f"Say why, in 3 to {LONGEST_REASON} characters. It is kept in the log of decisions."
_log = get_logger()
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfService:
    """`records` is None where the service does not answer."""

    service: str
    records: Sequence[Record] | None


@console.get("/set-aside")
@may_administer
def set_aside() -> Response:
    return render("home/set_aside.html", services=[_waiting(one) for one in SERVICES])


@console.get("/set-aside/<any(registry, matcher, notifier):service>/<record_id>")
@may_administer
def set_aside_record(service: str, record_id: str) -> Response:
    return _shown(service, record_id, None)


@console.post("/set-aside/<any(registry, matcher, notifier):service>/<record_id>")
@may_administer
def decide_set_aside(service: str, record_id: str) -> Response | AnyResponse:
    decision = _DECISIONS.get(request.form.get("decision", ""))
    reason = " ".join(request.form.get("reason", "").split())
    fault = _fault(decision, reason)
    if fault is None and decision is not None:
        fault = _decided(service, record_id, decision, reason)
    if fault is not None:
        return _shown(service, record_id, fault)
    return redirect(url_for("console.set_aside"), 303)


def _fault(decision: str | None, reason: str) -> str | None:
    if decision is None:
        return "Choose what to do with it."
    if not 3 <= len(reason) <= LONGEST_REASON:
        return _NO_REASON
    return None


def _decided(
    service: str, record_id: str, decision: Literal["release", "discard"], reason: str
) -> str | None:
    """What stands against it, or None when it is done."""
    here = parts()
    if service == _OURS:
        moved = here.desk.decide(decision, record_id, actor(), reason)
    else:
        path = f"/v1/parked/{part(record_id)}/{decision}"
        try:
            answer = taken(
                here.others[service].request(
                    "POST", path, json={"reason": reason}, acting_for=actor()
                )
            )
        except ServiceUnavailable:
            return f"The {service} does not answer at the moment. Try again in a minute."
        except Refused as refused:
            return refused.detail
        moved = int(answer["records"])
    if not moved:
        return "Somebody has decided about this event already."
    events = f"{moved} event{'' if moved == 1 else 's'}"
    done = f"{events} will be tried again." if decision == "release" else f"{events} given up."
    flash(done, "success")
    return None


def _waiting(service: str) -> OfService:
    here = parts()
    if service == _OURS:
        return OfService(service, here.desk.waiting())
    try:
        found = taken(here.others[service].request("GET", "/v1/parked", acting_for=actor()))
    except (ServiceUnavailable, Refused) as error:
        _log.warning("service_away", service=service, reason=str(error))
        return OfService(service, None)
    return OfService(service, [_read(one) for one in found["items"]])


def _shown(service: str, record_id: str, fault: str | None) -> Response:
    try:
        record = _record(service, record_id)
    except ServiceUnavailable:
        return render("home/set_aside.html", services=[OfService(service, None)])
    return render(
        "home/set_aside_record.html",
        status=422 if fault else 200,
        of_reason=fault == _NO_REASON,
        service=service,
        record=record,
        fault=fault,
        values=request.form,
    )


def _record(service: str, record_id: str) -> Record:
    here = parts()
    if service == _OURS:
        found = here.desk.one(record_id)
        return found if found is not None else abort(404)
    path = f"/v1/parked/{part(record_id)}"
    try:
        return _read(taken(here.others[service].request("GET", path, acting_for=actor())))
    except Refused as refused:
        abort(404 if refused.status == 404 else 502)


def _read(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record, "parked_at": datetime.fromisoformat(record["parked_at"])}
