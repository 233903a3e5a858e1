"""A coalition file comes in: uploaded here, taken in by the registry, its findings shown by line."""

from pathlib import PurePath

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_decide, may_look
from services.matcher.console.clients import Refused
from services.matcher.console.parts import actor, parts
from services.matcher.console.showing import render
from shared.web.client import ServiceUnavailable
from shared.web.problems import problem
from shared.web.requests import accepts

MEDIA_TYPES = {
    ".jsonl": "application/jsonl",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}
SHEETS = {
    "members": "Members",
    "contacts": "Contacts",
    "capabilities": "Capabilities",
    "needs": "Needs",
}
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
            "Save it as .jsonl, .xlsx or .csv."
        )
    params: dict[str, str | int] = {
        name: "true"
        for name in ("dry_run", "overwrite", "accept_duplicates")
        if name in request.form
    }
    if ending == ".csv":
        sheet = request.form.get("sheet", "")
        if sheet not in SHEETS:
            return _form("Say what the lines of the .csv file are.")
        params["sheet"] = sheet
    content = given.read()
    if not content.strip():
        return _form(f"“{given.filename[:80]}” is empty. Nothing was taken in.")
    return _send(content, MEDIA_TYPES[ending], params)


@console.get("/imports/<import_id>")
@may_look
def import_result(import_id: str) -> Response:
    try:
        found = parts().registry.import_result(import_id, actor())
    except Refused as refused:
        problem(404, "not_found", refused.detail)
    except ServiceUnavailable:
        problem(503, "unavailable", "The registry does not answer. Reload this page in a minute.")
    return render("imports/import_result.html", found=found)


def _send(content: bytes, media_type: str, params: dict[str, str | int]) -> Response | AnyResponse:
    try:
        found = parts().registry.import_file(content, media_type, params, actor())
    except Refused as refused:
        return _form(refused.detail)
    except ServiceUnavailable:
        return _form("The registry does not answer. Nothing was taken in; try again.", status=503)
    return redirect(url_for("console.import_result", import_id=found["id"]), 303)


def _form(fault: str = "", *, status: int = 0) -> Response:
    return render(
        "imports/import.html", status=status or (422 if fault else 200), fault=fault, sheets=SHEETS
    )
