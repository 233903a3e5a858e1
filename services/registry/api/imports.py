"""/v1/imports and /v1/export: the coalition file in and out."""

from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma
from flask import Response, current_app, request
from flask.views import MethodView

from services.registry.api.access import OFFICE, actor, parts, transaction, within
from services.registry.api.answers import show, write
from services.registry.api.headers import REPEATABLE
from services.registry.domain.errors import NotFound
from services.registry.export import coalition_lines
from services.registry.importing.known import ImportOptions
from services.registry.importing.queue import queue_import
from services.registry.importing.report import FINDING_SORTS
from services.registry.importing.source import FORMATS_BY_MEDIA_TYPE, SHEETS, Upload
from services.registry.store.imports import (
    latest_imports,
    load_findings,
    load_import,
)
from shared.storage import Work
from shared.web.openapi import Blueprint, Strict
from shared.web.policy import policy, principal
from shared.web.problems import field_error, problem
from shared.web.requests import accepts

blp = Blueprint("imports", __name__, url_prefix="/v1", description="The coalition file.")
SHOWN_FINDINGS = 500
LATEST = 20
_FILE_BODY = {
    "required": True,
    "description": "The coalition file.",
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in FORMATS_BY_MEDIA_TYPE
    },
}


class ImportQuery(Strict):
    overwrite = ma.fields.Boolean(
        load_default=False, metadata={"description": "The file wins over corrections made here."}
    )
    dry_run = ma.fields.Boolean(
        load_default=False, metadata={"description": "Tell what would happen; keep nothing."}
    )
    accept_duplicates = ma.fields.Boolean(
        load_default=False, metadata={"description": "Add members that look like ones we have."}
    )
    sheet = ma.fields.String(
        load_default=None,
        validate=ma.validate.OneOf(SHEETS, error=f"must be one of {', '.join(SHEETS)}"),
        metadata={"description": "Which sheet a CSV body is."},
    )
    hold = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Keep the file until it is told how its columns are read."},
    )


class ExportQuery(Strict):
    contacts = ma.fields.Boolean(
        load_default=False, metadata={"description": "With contacts; administrators only."}
    )


class FindingView(ma.Schema):
    line = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True, allow_none=True)
    id = ma.fields.String(required=True, allow_none=True)
    field = ma.fields.String(required=True, allow_none=True)
    value = ma.fields.String(required=True, allow_none=True)
    message = ma.fields.String(required=True)


class ImportView(ma.Schema):
    id = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    requested_at = ma.fields.String(required=True)
    finished_at = ma.fields.String(required=True, allow_none=True)
    options = ma.fields.Dict(required=True)
    counts = ma.fields.Dict(required=True)
    failure = ma.fields.String(required=True, allow_none=True)
    errors = ma.fields.List(ma.fields.Nested(FindingView), required=True)
    kept = ma.fields.List(ma.fields.Nested(FindingView), required=True)
    duplicates = ma.fields.List(ma.fields.Nested(FindingView), required=True)
    warnings = ma.fields.List(ma.fields.Nested(FindingView), required=True)
    totals = ma.fields.Dict(required=True)


@blp.route("/imports")
class Imports(MethodView):
    @policy(*OFFICE)
    @blp.response(200)
    def get(self) -> Response:
        """The latest imports, newest first, without their findings."""
        within()
        with parts().database.read() as connection:
            return show({"items": [_told(row) for row in latest_imports(connection, LATEST)]})

    # The largest size is a setting, checked in the view, where the setting is known.
    @policy(*OFFICE)
    @blp.doc(parameters=REPEATABLE, requestBody=_FILE_BODY)
    @accepts(*FORMATS_BY_MEDIA_TYPE, max_bytes=2**31)
    @blp.arguments(ImportQuery, location="query")
    @blp.response(202, ImportView)
    def post(self, args: Mapping[str, Any]) -> Response:
        """Take in a coalition file: JSON Lines, an .xlsx workbook, or one sheet as CSV.

        It is run by the worker; look at the address in Location for what became of it.
        """
        within()
        _refuse_large()
        upload = _upload(args["sheet"], hold=args["hold"])
        options = ImportOptions(
            overwrite=args["overwrite"],
            dry_run=args["dry_run"],
            accept_duplicates=args["accept_duplicates"],
        )

        def change(work: Work) -> dict[str, Any]:
            import_id = queue_import(
                work, parts().vault, upload, options, actor(), hold=args["hold"]
            )
            return import_view(work.connection, import_id)

        return write(change, lambda view: view, status=202, location="/v1/imports/{id}")


@blp.route("/imports/<string:import_id>")
class OneImport(MethodView):
    @policy(*OFFICE)
    @blp.response(200, ImportView)
    def get(self, import_id: str) -> Response:
        """How an import went: counts, errors, corrections kept, likely duplicates."""
        within()
        with parts().database.read() as connection:
            return show(import_view(connection, import_id))


@blp.route("/export", methods=["GET"])
@policy(*OFFICE)
@blp.arguments(ExportQuery, location="query")
@blp.response(200, content_type="application/jsonl")
def export(args: Mapping[str, Any]) -> Response:
    """The coalition file of everything held, as JSON Lines."""
    within()
    if args["contacts"] and principal().kind != "key":
        problem(
            403, "forbidden", "Only an administrator's key may export contacts. Leave them out."
        )
    here, caller = parts(), principal().label

    def body() -> Iterator[str]:
        with here.database.read() as connection:
            vault = here.vault if args["contacts"] else None
            yield from coalition_lines(connection, vault)

    if args["contacts"]:
        _audit_contacts_export(caller)
    headers = {"Content-Disposition": 'attachment; filename="coalition.jsonl"'}
    return current_app.response_class(body(), mimetype="application/jsonl", headers=headers)


def _audit_contacts_export(caller: str) -> None:
    with transaction() as work:
        work.audit("contacts.exported", caller)


def _upload(sheet: str | None, *, hold: bool) -> Upload:
    file_format = FORMATS_BY_MEDIA_TYPE[request.mimetype]
    if file_format == "csv" and sheet is None and not hold:
        message = f"say which sheet the CSV is: {', '.join(SHEETS)}"
        problem(422, "invalid", f"sheet: {message}", [field_error("sheet", None, message)])
    body = request.get_data(cache=True)
    if not body.strip():
        problem(422, "invalid", "The body is empty. Send the coalition file as the body.")
    return Upload(file_format, body, sheet)


def _refuse_large() -> None:
    largest, given = parts().import_max_bytes, request.content_length or 0
    if given > largest:
        problem(
            413,
            "too_large",
            f"The file has {given:,} bytes, more than {largest:,}. Split it, or raise "
            "CONVENE_IMPORT_MAX_BYTES.",
        )


def known_import(connection: Any, import_id: str) -> Any:
    """The import as it stands; raises NotFound."""
    row = load_import(connection, import_id)
    if row is None:
        raise NotFound("No import has this id. It is in the Location of the answer to the upload.")
    return row


def import_view(connection: Any, import_id: str) -> dict[str, Any]:
    row = known_import(connection, import_id)
    found = {
        sort: load_findings(connection, import_id, sort, SHOWN_FINDINGS) for sort in FINDING_SORTS
    }
    names = {"error": "errors", "kept": "kept", "duplicate": "duplicates", "warning": "warnings"}
    return {
        **_told(row),
        **{names[sort]: [_finding(each) for each in rows] for sort, (_, rows) in found.items()},
        "totals": {names[sort]: number for sort, (number, _) in found.items()},
    }


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "requested_at": row.requested_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "options": row.options,
        "counts": row.counts,
        "failure": row.failure,
    }


def _finding(row: Any) -> dict[str, Any]:
    return {
        "line": row.line,
        "kind": row.kind,
        "id": row.subject,
        "field": row.field,
        "value": row.value,
        "message": row.message,
    }
