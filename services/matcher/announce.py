"""What the matcher says about a match: its whole state as an event, never a note or a name of a
coordinator. Every match event leaves through `announce`, so the feed misses none.
"""

from datetime import datetime
from typing import Any

from services.matcher.domain.matches import Match, Party
from services.matcher.domain.states import State
from services.matcher.store.feed import append_to_feed
from shared.contracts.envelope import Event, wire_time
from shared.storage import Work

_PREFIX, _VERSION = "org.convene.match.", ".v1"
_MOMENTS = (
    "proposed_at",
    "approved_at",
    "asked_at",
    "agreed_at",
    "introduced_at",
)
_PLAIN = (
    "match_id",
    "round",
    "previous_match_id",
    "origin",
    "revision",
    "attempt",
    "framework",
    "superseded_by",
    "ask_order",
)


def announce(work: Work, match: Match, happened: str) -> Event:
    """Publish `match.<happened>` with the match as it stands now, in this transaction."""
    event = work.publish(
        f"{_PREFIX}{happened}{_VERSION}",
        match.match_id,
        state_of(match),
        correlation_id=match.correlation_id,
        follows=True,
    )
    append_to_feed(work.connection, event)
    return event


def state_of(match: Match) -> dict[str, Any]:
    """The match in the shape of the contract `MatchState`."""
    made_here = match.origin == "convene"
    state: dict[str, Any] = {name: getattr(match, name) for name in _PLAIN}
    state |= {name: _moment(getattr(match, name)) for name in _MOMENTS}
    state["expires_at"] = _moment(match.expires_at if match.state is State.PROPOSED else None)
    state["lapses_at"] = _moment(match.lapses_at if match.state is State.ASKED else None)
    return state | {
        "state": match.state.value,
        "need_id": match.need_id or None,
        "capability_ids": list(match.capability_ids),
        "parties": [_party(match, party) for party in match.parties],
        "convenes": match.convenes,
        "need": dict(match.need) or None,
        "capabilities": [dict(entry) for entry in match.capabilities],
        "score": match.score if made_here else None,
        "strength": match.strength if made_here else None,
        "reasons": [dict(entry) for entry in match.reasons],
        "model_version": match.model_version if made_here else None,
        "rules_version": match.rules_version if made_here else None,
        "warnings": list(match.warnings),
        "hold": _hold(match),
        "ending": _ending(match),
    }


def _party(match: Match, party: Party) -> dict[str, Any]:
    return {
        "member_id": party.member_id,
        "name": party.name,
        "role": party.role,
        "listing_kind": party.listing_kind if party.listing_id else None,
        "listing_id": party.listing_id or None,
        "necessary": party.necessary,
        "answer": party.answer,
        "answered_at": _moment(party.answered_at),
        "covers": match.covers(party),
        "said_yes_before": match.said_yes_before(party),
    }


def _hold(match: Match) -> dict[str, Any] | None:
    if match.hold is None:
        return None
    return {"code": match.hold.code, "until": _day(match.hold.until)}


def _ending(match: Match) -> dict[str, Any] | None:
    if match.ending is None:
        return None
    return {
        "code": match.ending.code,
        "by": match.ending.by,
        "cooling_off_until": _day(match.ending.cooling_off_until),
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else wire_time(value)


def _day(value: datetime | None) -> str | None:
    return None if value is None else value.date().isoformat()
