"""Matches and their history as the API shows them."""

from typing import Any

from services.matcher.announce import state_of
from services.matcher.domain.matches import Match
from services.matcher.domain.states import By, moves_from
from services.matcher.explaining.marks import Marks
from services.matcher.scoring.reasons.near import NearMiss
from services.matcher.scoring.results import Refused
from services.matcher.store.history import Entry
from shared.contracts.envelope import wire_time


def match_body(match: Match) -> dict[str, Any]:
    body = state_of(match)
    body["effective_at"] = wire_time(match.effective_at) if match.effective_at else None
    body["moves"] = moves_of(match)
    return body


def moves_of(match: Match) -> list[str]:
    """What a coordinator may do now; of holding and releasing only the one that makes sense."""
    moves = moves_from(match.state, By.COORDINATOR)
    without = {"hold"} if match.hold else {"release"}
    if match.announced:
        without.add("undo_approval")
    recorded_by_notifier = {"decline", "reopen", "supersede"}
    return [move for move in moves if move not in without | recorded_by_notifier]


def refused_body(refused: Refused) -> dict[str, Any]:
    return {
        "need_id": refused.need_id,
        "capability_id": refused.capability_id,
        "score": refused.score,
        "rule": refused.refusal.rule,
        "text": refused.refusal.text,
    }


def carried_body(match: Match, marks: Marks) -> list[dict[str, Any]]:
    return [
        {
            "capability_id": capability_id,
            "phrases": [
                {"need": phrase.in_need, "capability": phrase.in_capability}
                for phrase in one.phrases
            ],
            "alike": None
            if one.alike is None
            else {
                "need": one.alike.in_need,
                "capability": one.alike.in_capability,
                "likeness": one.alike.likeness,
            },
        }
        for capability_id, one in zip(match.capability_ids, marks.carried, strict=False)
    ]


def near_body(near: NearMiss) -> dict[str, Any]:
    changes = near.found.changes if near.found else ()
    return {
        "need_id": near.need_id,
        "capability_id": near.capability_id,
        "score": near.score,
        "rule": near.rule or None,
        "feature": near.feature or None,
        "text": near.text,
        "change": near.change,
        "changes": [
            {"side": one.side, "kind": one.kind, "code": one.code, "cost": one.cost}
            for one in changes
        ],
        "score_then": near.found.score if near.found else None,
    }


def entry_body(entry: Entry) -> dict[str, Any]:
    names = (
        "kind",
        "move",
        "by",
        "from_state",
        "to_state",
        "actor_id",
        "code",
        "event_id",
        "cause_id",
    )
    body: dict[str, Any] = {name: getattr(entry, name) for name in names}
    return body | {"at": wire_time(entry.at), "details": dict(entry.details)}
