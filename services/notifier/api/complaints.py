"""Complaints for the console: recorded, acknowledged, closed."""

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf
from sqlalchemy import Connection, Row

from services.notifier.complaints import (
    HOW,
    MOST_CHARACTERS,
    OUTCOMES,
    Complaint,
    acknowledge,
    close_complaint,
    closed_complaints,
    due_at,
    make_complaint,
    open_complaints,
    words_of,
)
from services.notifier.parts import Parts
from shared.web.openapi import Blueprint, Strict
from shared.web.policy import policy, principal


class ComplaintIn(Strict):
    text = ma.fields.String(required=True, validate=Length(3, MOST_CHARACTERS))
    who = ma.fields.String(required=True, validate=Length(1, 500))
    how = ma.fields.String(required=True, validate=OneOf(HOW))
    member_id = ma.fields.String(load_default=None, allow_none=True, validate=Length(1, 200))


class OutcomeIn(Strict):
    outcome = ma.fields.String(required=True, validate=OneOf(OUTCOMES))
    said = ma.fields.String(required=True, validate=Length(3, MOST_CHARACTERS))


class ComplaintOut(ma.Schema):
    complaint_id = ma.fields.String()
    received_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime(metadata={"description": "To be acknowledged until then."})
    how = ma.fields.String()
    member_id = ma.fields.String(allow_none=True)
    text = ma.fields.String()
    who = ma.fields.String()
    acknowledged_at = ma.fields.AwareDateTime(allow_none=True)
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    outcome = ma.fields.String(allow_none=True)
    said = ma.fields.String(metadata={"description": "What the person was told at the end."})


class ComplaintsOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(ComplaintOut))


class ComplaintMade(ma.Schema):
    complaint_id = ma.fields.String()


def complaint_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("complaints", __name__, url_prefix="/v1/complaints")

    @blueprint.get("")
    @policy("service:matcher")
    @blueprint.response(200, ComplaintsOut)
    def list_complaints() -> Any:
        """The open ones, oldest first, then the last that were closed."""
        with parts.database.read() as connection:
            rows = [*open_complaints(connection), *closed_complaints(connection)]
            return {"items": [_told(connection, parts, row) for row in rows]}

    @blueprint.post("")
    @policy("service:matcher")
    @blueprint.arguments(ComplaintIn)
    @blueprint.response(201, ComplaintMade)
    def record(body: dict[str, Any]) -> Any:
        """One that came by telephone, email or letter."""
        with parts.work(principal().acting_for) as work:
            return {"complaint_id": make_complaint(work, parts.vault, Complaint(**body))}

    @blueprint.post("/<complaint_id>/acknowledge")
    @policy("service:matcher")
    @blueprint.response(200, ComplaintMade)
    def acknowledged(complaint_id: str) -> Any:
        """The person was told that it arrived; may be repeated."""
        with parts.work(principal().acting_for) as work:
            acknowledge(work, complaint_id)
        return {"complaint_id": complaint_id}

    @blueprint.post("/<complaint_id>/close")
    @policy("service:matcher")
    @blueprint.arguments(OutcomeIn)
    @blueprint.response(200, ComplaintMade)
    def closed(body: dict[str, Any], complaint_id: str) -> Any:
        """With what was found, as the person was told."""
        with parts.work(principal().acting_for) as work:
            close_complaint(work, parts.vault, complaint_id, body["outcome"], body["said"])
        return {"complaint_id": complaint_id}

    return blueprint


def _told(connection: Connection, parts: Parts, row: Row[Any]) -> dict[str, Any]:
    words = words_of(connection, parts.vault, row)
    return {"said": "", **row._mapping, "due_at": due_at(row), **words}  # noqa: SLF001 - public
