"""Matches over HTTP: read, list, decide. Every write takes If-Match and an Idempotency-Key."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from flask import Response

from services.matcher.again import open_new_round, score_again
from services.matcher.agree import check_introduction
from services.matcher.api.headers import DECISION
from services.matcher.api.parts import DECIDERS, READERS, parts, transaction
from services.matcher.api.schemas import (
    ApproveSchema,
    CheckSchema,
    EndRequestSchema,
    HistorySchema,
    HoldRequestSchema,
    MatchFilters,
    MatchPageSchema,
    MatchSchema,
    NoBodySchema,
    OneMatchSchema,
    RejectSchema,
)
from services.matcher.api.shapes import (
    carried_body,
    entry_body,
    match_body,
    near_body,
    refused_body,
)
from services.matcher.asking import ask_again
from services.matcher.close import complete_match, end_match, withdraw_match
from services.matcher.domain.matches import Match
from services.matcher.explaining.marks import marks_of
from services.matcher.hold import hold_match, release_match
from services.matcher.proposing.tags import parents_of
from services.matcher.review import approve_match, reject_match, undo_approval
from services.matcher.store.history import history_of
from services.matcher.store.lists import Filters, list_matches
from services.matcher.store.matches import load_match
from shared.contracts.envelope import read_time
from shared.storage import Work
from shared.web.idempotency import idempotent, remember
from shared.web.openapi import Blueprint
from shared.web.paging import page_body, read_page
from shared.web.policy import policy
from shared.web.preconditions import etag, if_match
from shared.web.problems import field_error, problem

blueprint = Blueprint("matches", __name__, url_prefix="/v1/matches")
_Decide = Callable[[Work, Match], Match]


@blueprint.get("")
@policy(*READERS)
@blueprint.arguments(MatchFilters, location="query")
@blueprint.response(200, MatchPageSchema)
def list_view(args: Mapping[str, Any]) -> dict[str, Any]:
    """Matches, newest first."""
    page = read_page(args, shape=(str, str))
    after = _after(page.after, str(args["after"])) if page.after else None
    filters = Filters(
        states=args["state"],
        goal=args["goal"],
        place=args["place"],
        places=list(parents_of(args["place"])) if args["place"] else [],
        sector=args["sector"],
        locality=args["locality"],
        member_id=args["member"],
        need_id=args["need"],
        origin=args["origin"],
        held=args["held"],
    )
    with parts().database.read() as connection:
        found = list_matches(connection, filters, limit=page.limit + 1, after=after)
    bodies = [match_body(match) for match in found]
    return page_body(bodies, page, lambda body: (body["proposed_at"], body["match_id"]))


@blueprint.get("/<match_id>")
@policy(*READERS)
@blueprint.response(200, OneMatchSchema)
def read_view(match_id: str) -> Any:
    """One match with its explanation, and the near misses of its need."""
    with parts().database.read() as connection:
        match = load_match(connection, match_id)
    here = parts()
    body = match_body(match)
    try:
        refused = here.insight.refusals_for(match.need_id)
        near = here.insight.near_misses(match.need_id, here.deps.settings.least_score)
    except KeyError:  # the need is not there any more
        refused, near = [], []
    body["near_misses"] = [near_body(one) for one in near]
    body["carried_by"] = carried_body(match, marks_of(match, here.deps.model.representer.encoder))
    return (
        body | {"refused": [refused_body(one) for one in refused]},
        200,
        {"ETag": etag(match.revision)},
    )


@blueprint.get("/<match_id>/history")
@policy(*READERS)
@blueprint.response(200, HistorySchema)
def history_view(match_id: str) -> dict[str, Any]:
    """Every move and everything that was noted, oldest first."""
    with parts().database.read() as connection:
        load_match(connection, match_id)
        return {"items": [entry_body(entry) for entry in history_of(connection, match_id)]}


@blueprint.post("/<match_id>/approve")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(ApproveSchema)
@blueprint.response(200, MatchSchema)
def approve_view(args: Mapping[str, Any], match_id: str) -> Response:
    """Reserve what it takes; the parties are asked when the grace period is over."""
    deps = parts().deps
    return _decide(match_id, lambda work, _: approve_match(work, deps, match_id, **args))


@blueprint.post("/<match_id>/undo-approval")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(NoBodySchema)
@blueprint.response(200, MatchSchema)
def undo_view(_args: Mapping[str, Any], match_id: str) -> Response:
    """Take an approval back within its grace period."""
    return _decide(match_id, lambda work, _: undo_approval(work, match_id))


@blueprint.post("/<match_id>/reject")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(RejectSchema)
@blueprint.response(200, MatchSchema)
def reject_view(args: Mapping[str, Any], match_id: str) -> Response:
    """Say no with a reason; the pair cools off."""
    given = {**args, "until": start_of(args["until"])}
    return _decide(match_id, lambda work, _: reject_match(work, match_id, **given))


@blueprint.post("/<match_id>/hold")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(HoldRequestSchema)
@blueprint.response(200, MatchSchema)
def hold_view(args: Mapping[str, Any], match_id: str) -> Response:
    """No mail and no clocks until it is released, or until a date."""
    given = {**args, "until": start_of(args["until"])}
    return _decide(match_id, lambda work, _: hold_match(work, match_id, **given))


@blueprint.post("/<match_id>/release")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(NoBodySchema)
@blueprint.response(200, MatchSchema)
def release_view(_args: Mapping[str, Any], match_id: str) -> Response:
    """Let it go on."""
    return _decide(match_id, lambda work, _: release_match(work, match_id))


@blueprint.post("/<match_id>/withdraw")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(EndRequestSchema)
@blueprint.response(200, MatchSchema)
def withdraw_view(args: Mapping[str, Any], match_id: str) -> Response:
    """Take it back before the introduction."""
    return _decide(match_id, lambda work, _: withdraw_match(work, match_id, **args))


@blueprint.post("/<match_id>/end")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(EndRequestSchema)
@blueprint.response(200, MatchSchema)
def end_view(args: Mapping[str, Any], match_id: str) -> Response:
    """End it after the introduction."""
    return _decide(match_id, lambda work, _: end_match(work, match_id, **args))


@blueprint.post("/<match_id>/complete")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(NoBodySchema)
@blueprint.response(200, MatchSchema)
def complete_view(_args: Mapping[str, Any], match_id: str) -> Response:
    """What they set out to do is done."""
    return _decide(match_id, lambda work, _: complete_match(work, match_id))


@blueprint.post("/<match_id>/ask-again")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(NoBodySchema)
@blueprint.response(200, MatchSchema)
def ask_again_view(_args: Mapping[str, Any], match_id: str) -> Response:
    """A contact was corrected: ask who could not be reached once more."""
    deps = parts().deps
    return _decide(match_id, lambda work, _: ask_again(work, deps, match_id))


@blueprint.post("/<match_id>/new-round")
@policy(*DECIDERS)
@blueprint.doc(parameters=DECISION)
@blueprint.arguments(NoBodySchema)
@blueprint.response(201, MatchSchema)
def new_round_view(_args: Mapping[str, Any], match_id: str) -> Response:
    """Propose again what has ended, whatever its cooling-off says."""
    here = parts()
    today = here.clock.now().date()
    scored = score_again(here.database, here.deps, match_id, today)
    return _decide(
        match_id, lambda work, _: open_new_round(work, here.deps, match_id, scored), status=201
    )


@blueprint.post("/<match_id>/check")
@policy("service:notifier", "coordinator")
@blueprint.response(200, CheckSchema)
def check_view(match_id: str) -> dict[str, Any]:
    """Asked before the introduction: are all rules still kept? A broken one withdraws the match."""
    with transaction() as work:
        reason = check_introduction(work, parts().deps, match_id)
    return {"allowed": reason is None, "reason": reason}


def _decide(match_id: str, decide: _Decide, *, status: int = 200) -> Response:
    """One decision: repeated safely, on the revision that was read."""
    with transaction() as work:
        again = idempotent(work)
        if again is not None:
            return again
        match = load_match(work.connection, match_id, lock=True)
        if_match(match.revision)
        after = decide(work, match)
        headers = {"ETag": etag(after.revision)}
        if status == 201:
            headers["Location"] = f"/v1/matches/{after.match_id}"
        return remember(work, match_body(after), status, headers)


def start_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _after(key: list[str | int], given: str) -> tuple[datetime, str]:
    moment, match_id = str(key[0]), str(key[1])
    try:
        found = read_time(moment)
    except (ValueError, OverflowError):
        errors = [field_error("after", given, "Send the 'next' of the page before, unchanged.")]
        problem(400, "cursor_unreadable", "'after' does not belong to this list.", errors)
    return found, match_id
