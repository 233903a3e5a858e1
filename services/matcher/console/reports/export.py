"""Matches as a file for a spreadsheet."""

from collections.abc import Iterator

from flask import Response, current_app, request

from services.matcher.console.blueprint import console, may_look
from services.matcher.console.parts import parts
from services.matcher.console.reports.read import HEADER, export_rows
from services.matcher.console.reports.safe_csv import csv_lines
from services.matcher.console.review.filters import read_filters


@console.get("/matches.csv")
@may_look
def matches_csv() -> Response:
    here = parts()
    filters = read_filters(request.args, here.clock.now())
    chosen = request.args.get("list", "")

    def body() -> Iterator[str]:
        with here.database.read() as connection:
            yield from csv_lines(HEADER, export_rows(connection, filters, chosen))

    name = f"convene-matches-{here.clock.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return current_app.response_class(
        body(), headers=headers, content_type="text/csv; charset=utf-8"
    )
