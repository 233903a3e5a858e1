"""The fairness ledger: what places and members got over time beside what they need."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.matcher.api.ledger_schemas import FairnessArgs, FairnessSchema
from services.matcher.api.parts import READERS, parts
from services.matcher.rounds.fairness import Ledger, Line, ledger
from shared.contracts.envelope import wire_time
from shared.web.openapi import Blueprint
from shared.web.paging import page_body, read_page
from shared.web.policy import policy

blueprint = Blueprint("fairness", __name__, url_prefix="/v1")


@blueprint.get("/fairness")
@policy(*READERS)
@blueprint.arguments(FairnessArgs, location="query")
@blueprint.response(200, FairnessSchema)
def fairness_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """The ledger by district, region or member, in the order of their ids, with its totals."""
    page, here, days = read_page(args), parts(), args["days"]
    since = here.clock.now() - timedelta(days=days) if days else None
    with here.database.read() as connection:
        found = ledger(connection, args["by"], since)
    after = str(page.after[0]) if page.after else ""
    rest = sorted((line for line in found.lines if line.id > after), key=lambda line: line.id)
    bodies = [_line_body(found, line) for line in rest[: page.limit + 1]]
    return {
        "by": args["by"],
        "since": wire_time(since) if since else None,
        "needs": found.needs,
        "proposals": found.proposals,
        "introductions": found.introductions,
        "spread": round(found.spread, 4),
        **page_body(bodies, page, lambda body: (body["id"],)),
    }


def _line_body(found: Ledger, line: Line) -> dict[str, Any]:
    names = ("id", "name", "needs", "proposals", "introductions", "brought")
    return {name: getattr(line, name) for name in names} | {
        "share_of_needs": round(found.share_of_needs(line), 4),
        "share_of_proposals": round(found.share_of_proposals(line), 4),
        "waits": found.behind(line),
    }
