"""An import step by step: what its columns are, a try, the real thing, what to correct, undoing."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide, may_look
from services.matcher.console.clients import Body, Refused
from services.matcher.console.imports.standing import NAMED, standing_on
from services.matcher.console.imports.workbooks import XLSX, faulty_workbook
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import may_decide_here, render
from shared.contracts.coalition.cells import SHEETS
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem

KINDS = {kind: title.capitalize() for title, kind in SHEETS.items()}
_OPTIONS = ("overwrite", "accept_duplicates")
_OVER = ("finished", "failed", "undone")
_AWAY = "The registry does not answer. Reload this page in a minute."
_T = TypeVar("_T")


@console.get("/imports/<import_id>/columns")
@may_decide
def import_columns(import_id: str) -> Response:
    return _columns_page(import_id)


@console.post("/imports/<import_id>/start")
@may_decide
def start_import(import_id: str) -> Response | AnyResponse:
    """Try it, or take it in; what was only tried is taken in as it was tried."""
    form = request.form
    body: Body = {name: name in form for name in _OPTIONS}
    body["dry_run"] = form.get("how") == "try"
    if form.get("sheets"):
        body["sheets"] = _told(form)
    try:
        _asked(lambda: parts().registry.imports.move(import_id, "start", body, actor()))
    except Refused as refused:
        return _columns_page(import_id, refused.detail)
    return redirect(url_for("console.import_result", import_id=import_id), 303)


@console.get("/imports/<import_id>")
@may_look
def import_result(import_id: str) -> Response:
    return _result_page(import_id)


@console.get("/imports/<import_id>/faulty.xlsx")
@may_decide
def faulty_rows(import_id: str) -> Response:
    found, sheets = _found(import_id), _faulty(import_id)
    if not sheets:
        problem(404, "not_found", "No rows are kept of this import, or they are older than a week.")
    headers = {"Content-Disposition": 'attachment; filename="rows-to-correct.xlsx"'}
    content = faulty_workbook(sheets, _messages(found))
    return current_app.response_class(content, headers=headers, content_type=XLSX)


@console.post("/imports/<import_id>/undo")
@may_decide
def undo_import(import_id: str) -> Response | AnyResponse:
    """The matcher says whether a match stands on it, the registry whether it was changed since."""
    found = _found(import_id)
    subjects = _asked(lambda: parts().registry.imports.part_of(import_id, "subjects", actor()))[
        "items"
    ]
    since = datetime.fromisoformat(found["requested_at"])
    with parts().database.read() as connection:
        standing = standing_on(connection, subjects, since)
    if standing:
        named = "; ".join(f"“{title}”" for title in standing[:NAMED])
        more = f" and {len(standing) - NAMED} more" if len(standing) > NAMED else ""
        return _result_page(
            import_id,
            f"Matches stand on what came with this import: {named}{more}. Withdraw them first, or "
            "leave the import as it is. Nothing was undone.",
        )
    try:
        _asked(lambda: parts().registry.imports.move(import_id, "undo", {}, actor()))
    except Refused as refused:
        return _result_page(import_id, refused.detail)
    return redirect(url_for("console.import_result", import_id=import_id), 303)


def _columns_page(import_id: str, fault: str = "") -> Response:
    try:
        seen = _asked(lambda: parts().registry.imports.part_of(import_id, "columns", actor()))
    except Refused as refused:
        return render("imports/import.html", status=refused.status, fault=refused.detail, latest=[])
    sheets = [
        _with_kind(one, request.args.get(f"kind-{i}")) for i, one in enumerate(seen["sheets"])
    ]
    return render(
        "imports/columns.html",
        status=422 if fault else 200,
        fault=fault,
        import_id=import_id,
        sheets=sheets,
        fields=seen["fields"],
        kinds=KINDS,
    )


def _with_kind(sheet: Body, chosen: str | None) -> Body:
    """As it was guessed, or as it was chosen on the page."""
    kind = sheet["kind"] if chosen is None else chosen
    kind = kind if kind in KINDS else ""
    guesses = sheet["guesses"].get(kind, {})
    examples = [
        {
            "heading": heading,
            "field": guesses.get(heading, ""),
            "examples": [row[i] for row in sheet["rows"] if row[i]][:3],
        }
        for i, heading in enumerate(sheet["headings"])
    ]
    return {**sheet, "kind": kind, "columns": examples}


def _told(form: Mapping[str, str]) -> list[Body]:
    """The sheets as the page was sent: a kind, and a field for each heading."""
    sheets = []
    for i in range(int(form["sheets"]) if form["sheets"].isdecimal() else 0):
        columns = {
            form[f"heading-{i}-{j}"]: form.get(f"field-{i}-{j}", "")
            for j in range(_most(form, f"heading-{i}-"))
        }
        kind = form.get(f"kind-{i}") or None
        sheets.append({"title": form.get(f"title-{i}", ""), "kind": kind, "columns": columns})
    return sheets


def _most(form: Mapping[str, str], beginning: str) -> int:
    return sum(name.startswith(beginning) for name in form)


def _result_page(import_id: str, fault: str = "") -> Response:
    found = _found(import_id)
    over = found["state"] in _OVER
    sheets = _faulty(import_id) if over and may_decide_here() else []
    return render(
        "imports/import_result.html",
        status=409 if fault else 200,
        fault=fault,
        found=found,
        over=over,
        faulty=[_with_marks(sheet, found) for sheet in sheets],
        kinds=KINDS,
    )


def _with_marks(sheet: Body, found: Body) -> Body:
    """Each row with what is wrong in it, and which of its cells are meant."""
    rows = []
    for row in sheet["rows"]:
        faults = [
            one
            for one in (*found["errors"], *found["duplicates"])
            if (one["kind"], one["line"]) == (sheet["kind"], row["line"])
        ]
        cells = [
            {
                "text": ""
                if i >= len(row["cells"]) or row["cells"][i] is None
                else row["cells"][i],
                "wrong": any(_meant(one["field"], field) for one in faults),
            }
            for i, field in enumerate(sheet["fields"])
        ]
        rows.append({"line": row["line"], "cells": cells, "faults": faults})
    return {**sheet, "rows": rows}


def _meant(fault: str | None, field: str) -> bool:
    """`places.2` is about the column of places, `capacity` about that of `capacity.amount`."""
    if not fault or not field:
        return False
    return fault == field or fault.startswith(f"{field}.") or field.startswith(f"{fault}.")


def _messages(found: Body) -> dict[tuple[str, int], list[str]]:
    said: dict[tuple[str, int], list[str]] = defaultdict(list)
    for one in (*found["errors"], *found["duplicates"]):
        said[one["kind"], one["line"]].append(f"{one['field']}: {one['message']}")
    return said


def _found(import_id: str) -> Body:
    try:
        return _asked(lambda: parts().registry.imports.result(import_id, actor()))
    except Refused as refused:
        problem(404, "not_found", refused.detail)


def _faulty(import_id: str) -> list[Any]:
    return list(
        _asked(lambda: parts().registry.imports.part_of(import_id, "faulty", actor())).get(
            "sheets", ()
        )
    )


def _asked(ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except ServiceUnavailable:
        problem(503, "unavailable", _AWAY)
