"""Learned weights, for administrators: looked at, accepted or refused with a reason."""

from collections.abc import Callable

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.parts import parts, transaction
from services.matcher.console.showing import render
from services.matcher.console.tuning.read_models import STATUS, models_page
from services.matcher.domain.errors import NotAllowed
from services.matcher.models.choose_model import (
    LONGEST_REASON,
    accept_model,
    refuse_model,
    return_to_priors,
)
from shared.storage import Work


@console.get("/models")
@may_administer
def models() -> Response:
    return _page()


@console.post("/models/<version>/accept")
@may_administer
def accept(version: str) -> Response | AnyResponse:
    said = f"{version} scores from now on. Matches that wait stay as they are."
    return _decided(lambda work, reason: accept_model(work, version, reason), said)


@console.post("/models/<version>/refuse")
@may_administer
def refuse(version: str) -> Response | AnyResponse:
    said = f"{version} is refused and kept with your reason."
    return _decided(lambda work, reason: refuse_model(work, version, reason), said)


@console.post("/models/priors/accept")
@may_administer
def accept_priors() -> Response | AnyResponse:
    return _decided(return_to_priors, "The stated weights score again from now on.")


def _decided(decide: Callable[[Work, str], object], said: str) -> Response | AnyResponse:
    try:
        with transaction() as work:
            decide(work, request.form.get("reason", ""))
    except NotAllowed as refused:
        return _page(status=409 if refused.code != "reason_missing" else 422, fault=str(refused))
    flash(said, "success")
    return redirect(url_for("console.models"), 303)


def _page(*, status: int = 200, fault: str | None = None) -> Response:
    here = parts()
    with here.database.read() as connection:
        page = models_page(connection, here.deps.model)
    return render(
        "tuning/models.html",
        status=status,
        page=page,
        fault=fault,
        statuses=STATUS,
        longest=LONGEST_REASON,
        after=here.settings.train_after_rows,
    )
