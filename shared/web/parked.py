"""/v1/parked: what a service could not handle, and an administrator's decision, through the console."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import marshmallow as ma
from marshmallow.validate import Length

from shared.web.openapi import Blueprint, Strict
from shared.web.policy import policy, principal
from shared.web.problems import problem

CONSOLE = "service:matcher"
LONGEST_REASON = 500


class Desk(Protocol):
    """What `shared.messaging.desk` does; web and messaging stand side by side."""

    def waiting(self) -> list[dict[str, Any]]: ...

    def one(self, record_id: str) -> dict[str, Any] | None: ...

    def decide(
        self, decision: Literal["release", "discard"], record_id: str, actor: str, reason: str
    ) -> int: ...


class ParkedOut(ma.Schema):
    id = ma.fields.String()
    topic = ma.fields.String()
    partition = ma.fields.Integer()
    offset = ma.fields.Integer()
    key = ma.fields.String()
    type = ma.fields.String(allow_none=True)
    reason = ma.fields.String()
    parked_at = ma.fields.AwareDateTime()
    size_bytes = ma.fields.Integer()
    behind = ma.fields.Integer(metadata={"description": "Later records of its key that wait."})


class ParkedOneOut(ParkedOut):
    state = ma.fields.String()
    fields_ = ma.fields.List(
        ma.fields.String(),
        attribute="fields",
        data_key="fields",
        metadata={"description": "Names of the record's fields; never what they hold."},
    )


class ParkedListOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(ParkedOut))


class DecisionIn(Strict):
    reason = ma.fields.String(required=True, validate=Length(3, LONGEST_REASON))


class DecisionOut(ma.Schema):
    records = ma.fields.Integer()


def parked_routes(desk: Desk) -> Blueprint:
    blueprint = Blueprint("parked", __name__, url_prefix="/v1/parked")

    @blueprint.get("")
    @policy(CONSOLE)
    @blueprint.response(200, ParkedListOut)
    def waiting() -> Any:
        """The first open record of each key."""
        return {"items": desk.waiting()}

    @blueprint.get("/<record_id>")
    @policy(CONSOLE)
    @blueprint.response(200, ParkedOneOut)
    def one(record_id: str) -> Any:
        """One record, without what it said."""
        return desk.one(record_id) or _unknown(record_id)

    @blueprint.post("/<record_id>/release")
    @policy(CONSOLE)
    @blueprint.arguments(DecisionIn)
    @blueprint.response(200, DecisionOut)
    def release(body: dict[str, Any], record_id: str) -> Any:
        """Try it again, and what waits behind it."""
        return _decided("release", record_id, body)

    @blueprint.post("/<record_id>/discard")
    @policy(CONSOLE)
    @blueprint.arguments(DecisionIn)
    @blueprint.response(200, DecisionOut)
    def discard(body: dict[str, Any], record_id: str) -> Any:
        """Give this one up."""
        return _decided("discard", record_id, body)

    def _decided(
        decision: Literal["release", "discard"], record_id: str, body: dict[str, Any]
    ) -> dict[str, int]:
        caller = principal()
        moved = desk.decide(decision, record_id, caller.acting_for or caller.label, body["reason"])
        if not moved:
            if desk.one(record_id) is None:
                _unknown(record_id)
            problem(409, "decided_already", "Somebody has decided about this record already.")
        return {"records": moved}

    return blueprint


def _unknown(record_id: str) -> Any:
    problem(404, "not_found", f"There is no parked record '{record_id}'.")
