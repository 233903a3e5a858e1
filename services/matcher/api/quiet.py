"""The quiet periods, for the notifier, which sends no question and no reminder in one."""

from typing import Any

import marshmallow as ma

from services.matcher.api.parts import READERS, parts
from services.matcher.domain.quiet import LONDON
from services.matcher.store.quiet import periods_since
from shared.web.openapi import Blueprint
from shared.web.policy import policy

blueprint = Blueprint("quiet", __name__, url_prefix="/v1/quiet-periods")


class QuietPeriodOut(ma.Schema):
    period_id = ma.fields.String()
    name = ma.fields.String()
    nation = ma.fields.String(metadata={"description": "all, or E, W, S or N."})
    first_day = ma.fields.Date()
    last_day = ma.fields.Date(metadata={"description": "Part of it."})


class QuietPeriodsOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(QuietPeriodOut))


@blueprint.get("")
@policy(*READERS)
@blueprint.response(200, QuietPeriodsOut)
def quiet_periods_view() -> dict[str, Any]:
    """The present and the coming ones; days are London's."""
    here = parts()
    today = here.clock.now().astimezone(LONDON).date()
    with here.database.read() as connection:
        return {"items": periods_since(connection, today)}
