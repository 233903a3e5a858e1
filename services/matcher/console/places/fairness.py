"""The fairness ledger: what districts got beside what they need, and what fairness costs.

Regions and members are told of in the report of shares of help; the file by month is of all three.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.reports.safe_csv import csv_lines
from services.matcher.console.showing import render
from services.matcher.domain.assignment import DISTRICT
from services.matcher.rounds.fairness import BY, ledger, months, names_of, needs_of

PERIODS = {"30": "30 days", "90": "90 days", "365": "a year", "": "all time"}
SHOWN = 100
HEADER = (
    "Month",
    "By",
    "Code or id",
    "Name",
    "Needs open now",
    "Proposals",
    "Introductions",
    "Proposals as supplier",
)


@console.get("/fairness")
@may_look
def fairness() -> Response | AnyResponse:
    if _by() != DISTRICT:
        return redirect(url_for("console.report", name="fairness"))
    period = request.args.get("period", "365")
    period = period if period in PERIODS else "365"
    since = parts().clock.now() - timedelta(days=int(period)) if period else None
    with parts().database.read() as connection:
        found = ledger(connection, DISTRICT, since)
    return render(
        "places/fairness.html",
        ledger=found,
        period=period,
        periods=PERIODS,
        shown=SHOWN,
    )


@console.get("/fairness.csv")
@may_look
def fairness_csv() -> Response:
    here, by = parts(), _by()

    def rows() -> Iterator[Sequence[object]]:
        with here.database.read() as connection:
            needs, found = needs_of(connection, by), months(connection, by)
            ids = sorted({*needs, *(id_ for _, id_ in found)})
            names = names_of(connection, by, ids)
        this_month = f"{here.clock.now():%Y-%m}"
        for month, id_ in sorted({*found, *((this_month, one) for one in needs)}):
            counted: Mapping[str, int] = found.get((month, id_), {})
            yield (
                month,
                by,
                id_,
                names.get(id_, id_),
                needs[id_] if month == this_month else None,
                *(counted.get(kind, 0) for kind in ("proposals", "introductions", "brought")),
            )

    name = f"convene-fairness-{by}-{here.clock.now():%Y-%m-%d}.csv"
    return current_app.response_class(
        csv_lines(HEADER, rows()),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        content_type="text/csv; charset=utf-8",
    )


def _by() -> str:
    asked = request.args.get("by", "")
    return asked if asked in BY else BY[0]
