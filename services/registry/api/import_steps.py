"""/v1/imports/{id}/…: how columns are read, starting, the rows that were not taken, undoing."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response
from flask.views import MethodView

from services.registry.api.access import OFFICE, parts, within
from services.registry.api.answers import show, write
from services.registry.api.headers import REPEATABLE
from services.registry.api.imports import ImportView, blp, import_view, known_import
from services.registry.domain.errors import NotFound
from services.registry.importing.columns import look, told_of
from services.registry.importing.known import ImportOptions
from services.registry.importing.queue import start_import, upload_of_row
from services.registry.importing.source import SHEETS
from services.registry.importing.undo import undo_import
from services.registry.store.imports import load_import_with_body, subjects_of
from shared.contracts.coalition.columns import fields_of
from shared.storage import Work
from shared.web.openapi import Strict
from shared.web.policy import policy
from shared.web.problems import problem

__all__ = ["blp"]


class SheetTold(Strict):
    title = ma.fields.String(required=True, validate=ma.validate.Length(max=100))
    kind = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.OneOf([*SHEETS.values(), None])
    )
    columns = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), load_default=dict)


class StartBody(Strict):
    overwrite = ma.fields.Boolean(load_default=False)
    dry_run = ma.fields.Boolean(load_default=False)
    accept_duplicates = ma.fields.Boolean(load_default=False)
    sheets = ma.fields.List(
        ma.fields.Nested(SheetTold),
        load_default=None,
        metadata={"description": "How columns are read; left out, as told before or guessed."},
    )


@blp.route("/imports/<string:import_id>/columns")
class ImportColumns(MethodView):
    @policy(*OFFICE)
    @blp.response(200)
    def get(self, import_id: str) -> Response:
        """The sheets of a kept file: headings, first rows, and which field each column may be."""
        within()
        with parts().database.read() as connection:
            row = load_import_with_body(connection, import_id)
            if row is None or row.body is None:
                raise NotFound("This file is not kept any more. Upload it again.")
            try:
                seen = look(connection, upload_of_row(parts().vault, row, {}))
            except ValueError as error:
                problem(422, "invalid", str(error))
        fields = {kind: fields_of(kind) for kind in SHEETS.values()}
        return show({"sheets": [asdict(one) for one in seen], "fields": fields})


@blp.route("/imports/<string:import_id>/start")
class ImportStart(MethodView):
    @policy(*OFFICE)
    @blp.doc(parameters=REPEATABLE)
    @blp.arguments(StartBody)
    @blp.response(202, ImportView)
    def post(self, body: Mapping[str, Any], import_id: str) -> Response:
        """Take in a file that was kept, or one that was only tried."""
        within()
        options = ImportOptions(
            overwrite=body["overwrite"],
            dry_run=body["dry_run"],
            accept_duplicates=body["accept_duplicates"],
        )
        told = None if body["sheets"] is None else told_of(body["sheets"])

        def change(work: Work) -> dict[str, Any]:
            start_import(work, parts().vault, import_id, options, told)
            return import_view(work.connection, import_id)

        return write(change, lambda view: view, status=202, location="/v1/imports/{id}")


@blp.route("/imports/<string:import_id>/faulty")
class ImportFaulty(MethodView):
    @policy(*OFFICE)
    @blp.response(200)
    def get(self, import_id: str) -> Response:
        """The rows that were not taken, with their cells as they came; kept for seven days."""
        within()
        with parts().database.read() as connection:
            known_import(connection, import_id)
            row = load_import_with_body(connection, import_id)
        sealed = row.faulty if row is not None else None
        sheets = json.loads(parts().vault.open_bytes(import_id, sealed)) if sealed else []
        return show({"sheets": sheets})


@blp.route("/imports/<string:import_id>/subjects")
class ImportSubjects(MethodView):
    @policy(*OFFICE)
    @blp.response(200)
    def get(self, import_id: str) -> Response:
        """Kind and id of whatever an import wrote, for as long as it can be undone."""
        within()
        with parts().database.read() as connection:
            known_import(connection, import_id)
            rows = subjects_of(connection, import_id)
        return show({"items": [{"kind": row.kind, "id": row.subject} for row in rows]})


@blp.route("/imports/<string:import_id>/undo")
class ImportUndo(MethodView):
    @policy(*OFFICE)
    @blp.doc(parameters=REPEATABLE)
    @blp.response(200, ImportView)
    def post(self, import_id: str) -> Response:
        """Take a whole import back, unless something of it was changed since.

        Ask the matcher first whether a match stands on it: the registry knows of none.
        """
        within()

        def change(work: Work) -> dict[str, Any]:
            undo_import(work, parts().vault, import_id)
            return import_view(work.connection, import_id)

        return write(change, lambda view: view)
