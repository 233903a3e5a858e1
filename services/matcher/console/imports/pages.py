"""A file of members and listings comes in: uploaded here, kept and taken in by the registry."""

from pathlib import PurePath

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide
from services.matcher.console.clients import Body, Refused
from services.matcher.console.imports.workbooks import XLSX, template_workbook
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from shared.web.client import ServiceUnavailable
from shared.web.requests import accepts

MEDIA_TYPES = {".jsonl": "application/jsonl", ".xlsx": XLSX, ".csv": "text/csv"}
LARGEST = 64 * 2**20


@console.get("/import")
@may_decide
def upload() -> Response:
    return _form()


@console.post("/import")
@may_decide
@accepts("multipart/form-data", max_bytes=LARGEST)
def take_upload() -> Response | AnyResponse:
    given = request.files.get("file")
    if given is None or not given.filename:
        return _form("Choose a file first.")
    ending = PurePath(given.filename).suffix.lower()
    if ending not in MEDIA_TYPES:
        return _form(
            f"“{given.filename[:80]}” ends in “{ending or 'nothing'}”. "
            "Save it as .xlsx, .csv or .jsonl."
        )
    content = given.read()
    if not content.strip():
        return _form(f"“{given.filename[:80]}” is empty. Nothing was taken in.")
    return _keep(content, MEDIA_TYPES[ending])


@console.get("/import/template.xlsx")
@may_decide
def import_template() -> Response:
    headers = {"Content-Disposition": 'attachment; filename="convene-template.xlsx"'}
    return current_app.response_class(template_workbook(), headers=headers, content_type=XLSX)


def _keep(content: bytes, media_type: str) -> Response | AnyResponse:
    try:
        found = parts().registry.imports.send(content, media_type, {"hold": "true"}, actor())
    except Refused as refused:
        return _form(refused.detail)
    except ServiceUnavailable:
        return _form("The registry does not answer. Nothing was taken in; try again.", status=503)
    return redirect(url_for("console.import_columns", import_id=found["id"]), 303)


def _form(fault: str = "", *, status: int = 0) -> Response:
    return render(
        "imports/import.html",
        status=status or (422 if fault else 200),
        fault=fault,
        latest=_latest(),
    )


def _latest() -> list[Body]:
    """None while the registry is away: the form says so when a file is sent."""
    try:
        return [one for one in parts().registry.imports.latest(actor()) if one["state"] != "held"]
    except (Refused, ServiceUnavailable):
        return []
