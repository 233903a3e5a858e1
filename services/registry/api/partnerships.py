"""/v1/partnerships: what was made elsewhere is put on record."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import marshmallow as ma
from flask import Response

from services.registry.api.access import OFFICE, within
from services.registry.api.answers import write
from services.registry.api.bodies import Body
from services.registry.api.headers import REPEATABLE
from services.registry.record import Partnership, record_partnership
from shared.contracts.coalition.schemas import PartnershipLine
from shared.storage import Work
from shared.web.openapi import Blueprint, Strict
from shared.web.policy import policy

blp = Blueprint("partnerships", __name__, url_prefix="/v1", description="Made elsewhere.")


class PartnershipNew(PartnershipLine, Body):
    """On a need of the coalition, or on what `text` says."""

    class Meta(Strict.Meta):
        """Both bases have one."""


class PartnershipView(PartnershipLine):
    id = ma.fields.String(required=True)


@blp.route("/partnerships", methods=["POST"])
@policy(*OFFICE)
@blp.doc(parameters=REPEATABLE)
@blp.arguments(PartnershipNew)
@blp.response(201, PartnershipView)
def record(data: Mapping[str, Any]) -> Response:
    """Record a partnership made elsewhere; told again with another state, it is changed."""
    within()
    partnership = Partnership(
        need_id=data["need"],
        text=data["text"],
        member_ids=tuple(data["members"]),
        state=data["state"],
        since=date.fromisoformat(data["since"]),
    )

    def change(work: Work) -> Mapping[str, Any]:
        record_partnership(work, partnership)
        return {"id": partnership.id, **data}

    return write(change, lambda view: view, status=201)
