"""How many a listing could match as it is typed, and of what kind: never who."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.matcher.api.parts import Parts, parts
from services.matcher.api.preview_schemas import PreviewSchema, ShownSchema
from services.matcher.domain.entities import Capability, Need, capability_from, need_from
from services.matcher.explaining.preview import Preview, preview
from services.matcher.scoring.learning.scorer import STRENGTHS, strength
from services.matcher.scoring.results import Scored
from shared.contracts.coalition.schemas import SCHEMAS
from shared.web.limits import rate_limit
from shared.web.openapi import Blueprint
from shared.web.policy import policy, principal
from shared.web.problems import problem
from shared.web.wording import field_errors

blueprint = Blueprint("previews", __name__, url_prefix="/v1")
MOST = 50
_TYPED = "typed"


@blueprint.post("/previews")
@policy("service:notifier")
@rate_limit("previews", per_minute=40, by=lambda: principal().acting_for or "")
@blueprint.arguments(PreviewSchema)
@blueprint.response(200, ShownSchema)
def preview_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """Counts for a listing in the words of the coalition file; nothing of it is kept."""
    here, typed = parts(), _listing(args["kind"], args["listing"])
    found = preview(here.insight, typed, MOST)
    return _shown(here, typed, found)


def _listing(kind: str, given: Mapping[str, Any]) -> Need | Capability:
    line = {**given, "id": _TYPED}
    schema = SCHEMAS[kind]
    faults = schema.validate(line)
    if faults:
        detail = "Some fields of the listing cannot be used. Correct them and ask again."
        problem(422, "invalid", detail, field_errors(faults, line))
    read = schema.load(line)
    return need_from(read) if kind == "need" else capability_from(read)


def _shown(here: Parts, typed: Need | Capability, found: Preview) -> dict[str, Any]:
    least = here.deps.settings.least_score
    good = [one for one in found.found if one.score >= least]
    sectors = Counter(_sectors(here, typed, good))
    strengths = Counter(strength(one.score) for one in good)
    return {
        "total": len(good),
        "more": len(good) == MOST,
        "strengths": {word: strengths.get(word, 0) for word, _ in STRENGTHS},
        "sectors": [{"sector": name, "count": count} for name, count in sectors.most_common()],
        "read": {
            feature: [{"term": str(one.term), "phrase": one.phrase} for one in said]
            for feature, said in found.read.items()
        },
    }


def _sectors(here: Parts, typed: Need | Capability, found: list[Scored]) -> list[str]:
    """Of the members on the other side. One that left in between is left out."""
    with here.insight.index() as index:
        market = index.market
        if isinstance(typed, Need):
            others = [market.capabilities.get(one.capability_id) for one in found]
        else:
            others = [market.needs.get(one.need_id) for one in found]  # type: ignore[misc]
        members = [market.members.get(one.member_id) for one in others if one is not None]
        return [member.sector for member in members if member is not None]
