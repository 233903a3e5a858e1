"""The feed of match events, near misses, and the lists of reasons."""

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from services.matcher.api.parts import READERS, parts
from services.matcher.api.schemas import (
    EventArgs,
    EventsSchema,
    NearMissesSchema,
    NeedArgs,
    ReasonCodesSchema,
    RefusalArgs,
    RefusalsSchema,
)
from services.matcher.api.shapes import near_body, refused_body
from services.matcher.domain.codes import LISTS
from services.matcher.store.feed import feed_after
from services.matcher.store.learning import codes_of
from shared.web.openapi import Blueprint
from shared.web.policy import policy
from shared.web.problems import problem

blueprint = Blueprint("feed", __name__, url_prefix="/v1")
POLL_SECONDS = 0.05


@blueprint.get("/events")
@policy(*READERS)
@blueprint.arguments(EventArgs, location="query")
@blueprint.response(200, EventsSchema)
def events_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """The same events as on the bus, for consumers without Kafka; keep `next` and ask on."""
    deadline = time.monotonic() + args["wait"]
    while True:
        with parts().database.read() as connection:
            rows = feed_after(connection, args["after"], args["limit"])
        if rows or time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    return {
        "events": [event for _, event in rows],
        "next": rows[-1][0] if rows else args["after"],
    }


@blueprint.get("/refusals")
@policy(*READERS)
@blueprint.arguments(RefusalArgs, location="query")
@blueprint.response(200, RefusalsSchema)
def refusals_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """Pairs of a need that would have been in its top but for a rule."""
    try:
        refused = parts().insight.refusals_for(args["need"], args["top"])
    except KeyError:
        _unknown_need(args["need"])
    return {"items": [refused_body(one) for one in refused]}


@blueprint.get("/near-misses")
@policy(*READERS)
@blueprint.arguments(NeedArgs, location="query")
@blueprint.response(200, NearMissesSchema)
def near_misses_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """What almost became a proposal for a need, and the smallest change that would make it one."""
    here = parts()
    try:
        found = here.insight.near_misses(args["need"], here.deps.settings.least_score)
    except KeyError:
        _unknown_need(args["need"])
    return {"items": [near_body(one) for one in found]}


@blueprint.get("/reason-codes/<of_list>")
@policy(*READERS)
@blueprint.response(200, ReasonCodesSchema)
def reason_codes_view(of_list: str) -> dict[str, Any]:
    """The reasons of one list: verdict, answer, ending, rule or hold."""
    if of_list not in LISTS:
        problem(404, "unknown_list", f"'{of_list}' is not one of {', '.join(LISTS)}.")
    with parts().database.read() as connection:
        found = codes_of(connection, of_list)
    names = ("code", "label", "teaches", "cooling_days", "for_good", "needs_date")
    return {"items": [{name: getattr(one, name) for name in names} for one in found]}


def _unknown_need(need_id: str) -> NoReturn:
    problem(
        404,
        "unknown_need",
        f"There is no need '{need_id}' here. Check its id, or publish it first.",
    )
