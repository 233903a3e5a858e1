"""Reports: what happened, what came of it, and who got what; as pages, charts and files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.reports.activity import ACTIVITY, BY
from services.matcher.console.reports.charts import WIDTH, draw
from services.matcher.console.reports.fair import FAIRNESS
from services.matcher.console.reports.files import as_csv, as_workbook
from services.matcher.console.reports.outcomes import OUTCOMES
from services.matcher.console.reports.period import quick_choices, read_period
from services.matcher.console.reports.spent import SPENT
from services.matcher.console.reports.tables import Build, Scope, Table
from services.matcher.console.review.filters import read_filters
from services.matcher.console.showing import render
from services.matcher.console.times import day
from services.matcher.store import tables as t
from shared.web.problems import problem

_NARROWED_BY = ("place", "goal", "sector", "member")


@dataclass(frozen=True, slots=True)
class Report:
    """A page of tables; of `choices` it shows one. `narrows` where it can be narrowed to a place,
    goal, sector or member.
    """

    name: str
    title: str
    lead: str
    tables: Mapping[str, Build]
    choices: Mapping[str, Build] = field(default_factory=dict)
    narrows: bool = True

    @property
    def all(self) -> Mapping[str, Build]:
        return {**self.tables, **self.choices}


REPORTS = {
    one.name: one
    for one in (
        Report(
            "activity",
            "What happened",
            "What was proposed, asked, agreed and introduced, what members answered, and for whom.",
            ACTIVITY,
            BY,
        ),
        Report(
            "outcomes",
            "What came of it",
            "What members said about the partnerships they were introduced for. What was planned, "
            "what was reported and what somebody vouched for are figures apart.",
            OUTCOMES,
        ),
        Report(
            "time",
            "How long it takes",
            "How long matches wait in each state, and how they end.",
            SPENT,
        ),
        Report(
            "fairness",
            "Shares of help",
            "Whether help goes where the need is, and whether the same members are asked again "
            "and again.",
            FAIRNESS,
            narrows=False,
        ),
    )
}


@console.get("/reports")
@may_look
def reports() -> AnyResponse:
    return redirect(url_for("console.report", name="activity"))


@console.get("/reports/<name>")
@may_look
def report(name: str) -> Response:
    return _page(_report(name))


@console.get("/reports/<name>/<table>.svg")
@may_look
def report_chart(name: str, table: str) -> Response:
    found = _table(name, table)
    if not found.drawn:
        problem(404, "not_found", "There is no chart of this table.")
    return draw(found)


@console.get("/reports/<name>/<table>.csv")
@may_look
def report_csv(name: str, table: str) -> Response:
    scope = _scope(_report(name))
    return as_csv(_table(name, table), f"convene-{name}-{table}-{scope.period.last}")


@console.get("/reports/<name>.xlsx")
@may_look
def report_workbook(name: str) -> Response:
    found = _report(name)
    scope = _scope(found)
    facts = [
        ("Report", found.title),
        ("First day", day(scope.period.first)),
        ("Last day", day(scope.period.last)),
        *((one.capitalize(), getattr(scope.filters, one) or "any") for one in _NARROWED_BY),
    ]
    return as_workbook(
        _build(found.all.values(), scope), facts, f"convene-{name}-{scope.period.last}"
    )


def _page(found: Report) -> Response:
    here = parts()
    scope = _scope(found)
    now = here.clock.now()
    by = request.args.get("by", "")
    by = by if by in found.choices else next(iter(found.choices), "")
    shown = [*found.tables.values(), *([found.choices[by]] if by else [])]
    return render(
        "reports/report.html",
        report=found,
        reports=REPORTS,
        scope=scope,
        tables=_build(shown, scope),
        by=by,
        choices={name: name.capitalize() for name in found.choices},
        elsewhere=_made_elsewhere(),
        quick=quick_choices(now),
        query=_query(scope),
        chart_width=WIDTH,
    )


def _build(builds: Iterable[Build], scope: Scope) -> list[Table]:
    with parts().database.read() as connection:
        return [build(connection, scope) for build in builds]


def _table(name: str, table: str) -> Table:
    found = _report(name)
    build = found.all.get(table)
    if build is None:
        problem(404, "not_found", "No report has this table.")
    with parts().database.read() as connection:
        return build(connection, _scope(found))


def _report(name: str) -> Report:
    found = REPORTS.get(name)
    if found is None:
        problem(404, "not_found", "There is no such report. Choose one from the menu.")
    return found


def _scope(found: Report) -> Scope:
    narrowed = {name: request.args.get(name, "") for name in _NARROWED_BY if found.narrows}
    return Scope(read_period(request.args, parts().clock.now()), read_filters(narrowed))


def _query(scope: Scope) -> dict[str, Any]:
    """What charts and files are asked for with, to tell of the same as the page."""
    narrowed = {name: getattr(scope.filters, name) for name in _NARROWED_BY}
    return {**scope.period.query, **{name: value for name, value in narrowed.items() if value}}


def _made_elsewhere() -> int:
    query = select(func.count()).select_from(t.matches).where(t.matches.c.origin != "convene")
    with parts().database.read() as connection:
        return int(connection.scalar(query) or 0)
