"""Settings → Schedule: when mail goes, and the quiet periods in which nobody is asked."""

from collections.abc import Mapping
from datetime import date

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.accounts.coordinators import ADMINISTRATOR
from services.matcher.console.blueprint import console, may_administer, may_decide
from services.matcher.console.clients import Body
from services.matcher.console.parts import actor, parts, transaction
from services.matcher.console.showing import me, render
from services.matcher.console.times import LONDON
from services.matcher.domain.quiet import NATIONS, faults_of
from services.matcher.store.quiet import enter_period, periods_since, remove_period
from shared.web.client import ServiceUnavailable

NOTHING: Mapping[str, str] = {}
FIELDS = ("name", "nation", "first_day", "last_day")
_NO_DATE = "Write the date as year-month-day, like 2027-03-22."


@console.get("/schedule")
@may_decide
def schedule() -> Response:
    return _show()


@console.post("/schedule/quiet")
@may_administer
def add_quiet_period() -> Response | AnyResponse:
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    first, last, faults = _dates(typed)
    if first is not None and last is not None:
        faults = faults_of(typed["name"], typed["nation"], first, last)
    if faults or first is None or last is None:
        return _show(typed=typed, faults=faults, status=422)
    with transaction() as work:
        enter_period(work, typed["name"], typed["nation"], first, last, actor())
    flash("Entered. Nobody is asked or reminded on these days.", "success")
    return redirect(url_for("console.schedule"), 303)


@console.post("/schedule/quiet/<period_id>/remove")
@may_administer
def remove_quiet_period(period_id: str) -> Response | AnyResponse:
    with transaction() as work:
        removed = remove_period(work, period_id, actor())
    said = "Removed. Mail that waits for its end still goes on that day."
    flash(said if removed else "It was removed before.", "success")
    return redirect(url_for("console.schedule"), 303)


def _dates(typed: Mapping[str, str]) -> tuple[date | None, date | None, dict[str, str]]:
    found: dict[str, date] = {}
    faults: dict[str, str] = {}
    for name in ("first_day", "last_day"):
        try:
            found[name] = date.fromisoformat(typed[name])
        except ValueError:
            faults[name] = _NO_DATE
    return found.get("first_day"), found.get("last_day"), faults


def _show(
    *,
    typed: Mapping[str, str] = NOTHING,
    faults: Mapping[str, str] = NOTHING,
    status: int = 200,
) -> Response:
    here = parts()
    today = here.clock.now().astimezone(LONDON).date()
    with here.database.read() as connection:
        periods = periods_since(connection, today)
    return render(
        "mail/schedule.html",
        status=status,
        periods=periods,
        nations=NATIONS,
        today=today,
        mail=_of_the_mail(),
        ours=_ours(),
        values=typed,
        faults=faults,
        may_change=ADMINISTRATOR in me().scopes,
    )


def _of_the_mail() -> list[Body] | None:
    try:
        return parts().notifier.schedule(actor())
    except ServiceUnavailable:
        return None


def _ours() -> list[Body]:
    """The clocks of matches, which the matcher keeps."""
    settings = parts().settings
    said = (
        ("An approval, or the last yes, can be undone for", f"{settings.grace_seconds:g} seconds",
         "GRACE_SECONDS"),
        ("A question nobody answers lapses after", f"{settings.approach_days:g} days", "APPROACH_DAYS"),
        ("A proposal nobody decides expires after", f"{settings.proposal_days:g} days",
         "PROPOSAL_DAYS"),
    )  # fmt: skip
    return [{"title": t, "value": v, "setting": f"CONVENE_{name}"} for t, v, name in said]
