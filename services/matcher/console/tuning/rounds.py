"""Assignment rounds, for administrators: run one, try other caps and floors, put them to use."""

from dataclasses import replace
from typing import Any

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.accounts.coordinators import by_id
from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.parts import parts, transaction
from services.matcher.console.showing import render
from services.matcher.console.tuning.read_rounds import round_page
from services.matcher.domain.assignment import (
    DISTRICT,
    LIMITS,
    LIVE,
    REGION,
    WHAT_IF,
    RoundParameters,
    RoundRefused,
)
from services.matcher.rounds.assigning import settings_parameters
from services.matcher.rounds.run import ask_for_round, promote_round
from services.matcher.scoring.learning.scorer import FEATURES
from services.matcher.store.assignments import load_round, parameters_in_use, recent_rounds
from shared.web.problems import problem

SHOWN = 30
LEVEL_WORDS = {DISTRICT: "District", REGION: "Region or nation"}
ROUND_WORDS = {
    "waiting": "Waiting for the worker",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "live": "Round",
    "what_if": "What-if",
}
LONGEST_REASON = 2_000


@console.get("/rounds")
@may_administer
def rounds() -> Response:
    with parts().database.read() as connection:
        found = recent_rounds(connection, SHOWN)
        in_use = parameters_in_use(connection, settings_parameters(parts().settings))
    waits = any(not one.is_over for one in found)
    return render("tuning/rounds.html", rounds=found, in_use=in_use, waits=waits, **_words())


@console.post("/rounds")
@may_administer
def run_round() -> Response | AnyResponse:
    reason = request.form.get("reason", "")[:LONGEST_REASON]
    try:
        with transaction() as work:
            asked = ask_for_round(work, parts().settings, LIVE, reason=reason)
    except RoundRefused as refused:
        flash(f"No round is started: {refused}", "danger")
        return redirect(url_for("console.rounds"), 303)
    return redirect(url_for("console.round_", round_id=asked.round_id), 303)


@console.get("/rounds/what-if")
@may_administer
def what_if() -> Response:
    return _form()


@console.post("/rounds/what-if")
@may_administer
def run_what_if() -> Response | AnyResponse:
    try:
        with transaction() as work:
            in_use = parameters_in_use(work.connection, settings_parameters(parts().settings))
            asked = ask_for_round(
                work,
                parts().settings,
                WHAT_IF,
                parameters=_read_form(in_use),
                reason=request.form.get("reason", "")[:LONGEST_REASON],
            )
    except RoundRefused as refused:
        return _form(str(refused))
    return redirect(url_for("console.round_", round_id=asked.round_id), 303)


@console.get("/rounds/<round_id>")
@may_administer
def round_(round_id: str) -> Response:
    return _show(round_id)


@console.post("/rounds/<round_id>/promote")
@may_administer
def promote(round_id: str) -> Response | AnyResponse:
    reason = request.form.get("reason", "")[:LONGEST_REASON]
    try:
        with transaction() as work:
            asked = promote_round(work, parts().settings, round_id, reason=reason)
    except RoundRefused as refused:
        return _show(round_id, fault=str(refused))
    flash(
        "These caps and this floor are in use from now on. A round by them is being run.", "success"
    )
    return redirect(url_for("console.round_", round_id=asked.round_id), 303)


def _show(round_id: str, *, fault: str = "") -> Response:
    with parts().database.read() as connection:
        try:
            found = load_round(connection, round_id)
        except RoundRefused as refused:
            problem(404, "not_found", str(refused))
        people = {
            one: by_id(connection, one) for one in (found.by, found.promoted_by) if one is not None
        }
        page = round_page(connection, found, _name(people.get(found.by or "")))
    promoter = _name(people.get(found.promoted_by or ""))
    return render(
        "tuning/round.html",
        status=409 if fault else 200,
        page=page,
        promoter=promoter,
        fault=fault,
        **_words(),
    )


def _name(who: Any) -> str:
    return str(who.name) if who is not None else ""


def _form(fault: str = "") -> Response:
    with parts().database.read() as connection:
        in_use = parameters_in_use(connection, settings_parameters(parts().settings))
    return render(
        "tuning/round_new.html",
        status=422 if fault else 200,
        fault=fault,
        in_use=in_use,
        **_words(),
    )


def _read_form(in_use: RoundParameters) -> RoundParameters:
    """Raises `RoundRefused`, in words about the field."""
    form = request.form
    return replace(
        in_use,
        per_need=_count("per_need", "Proposals of a need", in_use.per_need),
        per_member=_count("per_member", "Proposals of a supplier", in_use.per_member),
        per_place=_count("per_place", "Proposals for each place left", in_use.per_place),
        give_up=_number("give_up", "Given up for evenness", in_use.give_up, unit=100),
        floor=_number("floor", "Floor", in_use.floor, unit=100),
        level=form.get("level") or in_use.level,
        weights=_weights(form.get("weights", "")),
    )


def _count(name: str, title: str, otherwise: int) -> int:
    value = _number(name, title, otherwise)
    if value != int(value):
        raise RoundRefused(f"{title}: {value:g} is not a whole number. Write one, like 3.")
    return int(value)


def _number(name: str, title: str, otherwise: float, unit: int = 1) -> float:
    """As typed, divided by `unit`: 100 for what the form asks for per cent."""
    text = request.form.get(name, "").strip()
    if not text:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        raise RoundRefused(f"{title}: “{text[:40]}” is not a number. Write one, like 3.") from None
    least, most = LIMITS[name]
    if not least <= value / unit <= most:
        raise RoundRefused(
            f"{title}: {text[:40]} is outside {least * unit:g} to {most * unit:g}. "
            "Choose a number in between."
        )
    return value / unit


def _weights(text: str) -> dict[str, float]:
    """One `feature=number` a line."""
    found = {}
    for line in text.split():
        name, _, value = line.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            raise RoundRefused(
                f"Weights: “{line[:60]}” is not a feature and a number, like place=0.8."
            ) from None
    return found


def _words() -> dict[str, Any]:
    return {"levels": LEVEL_WORDS, "round_words": ROUND_WORDS, "features": FEATURES}
