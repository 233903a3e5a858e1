"""A party would like something changed before it answers: its words stay here, the match waits.

The matcher hears a code only and holds the match; whoever coordinates reads the words, does what
is to be done and releases it. Until then no contacts pass, whatever was answered.
"""

from services.notifier.domain.errors import NothingToUndo
from services.notifier.notice import note_match
from services.notifier.respond import open_match_of
from services.notifier.store.suggestions import (
    Suggestion,
    add_suggestion,
    open_suggestions,
    settle_suggestions,
)
from services.notifier.store.vault import Vault
from shared.contracts.envelope import Event, wire_time
from shared.contracts.types import CHANGE_SUGGESTED, CHANGE_TAKEN_BACK
from shared.storage import Work

ABOUT = ("place", "number", "dates", "other")
MAX_SUGGESTION_CHARACTERS = 1000


def suggest_change(
    work: Work, vault: Vault, match_id: str, member_id: str, suggestion: Suggestion
) -> None:
    """Keep it and let the match wait; raises what an answer would raise."""
    stored = open_match_of(work, match_id, member_id)
    settle_suggestions(work.connection, match_id, "replaced", work.now, member_id=member_id)
    add_suggestion(work.connection, vault, match_id, member_id, suggestion, work.now)
    data = {
        "match_id": match_id,
        "member_id": member_id,
        "about": suggestion.about,
        "made_at": wire_time(work.now),
    }
    correlation_id = stored.correlation_id
    work.publish(CHANGE_SUGGESTED, match_id, data, correlation_id=correlation_id, follows=True)
    details = {"member_id": member_id, "about": suggestion.about}
    work.audit("change.suggested", match_id, details)


def take_suggestion_back(work: Work, match_id: str, member_id: str) -> None:
    """The party would rather answer as it stands; the match goes on when no other one is open."""
    stored = open_match_of(work, match_id, member_id, held=True)
    settled = settle_suggestions(
        work.connection, match_id, "taken_back", work.now, member_id=member_id
    )
    if not settled:
        raise NothingToUndo("there is no suggestion to take back; it may have been dealt with")
    work.audit("change.taken_back", match_id, {"member_id": member_id})
    if open_suggestions(work.connection, match_id):
        return
    data = {
        "match_id": match_id,
        "member_id": member_id,
        "about": None,
        "made_at": wire_time(work.now),
    }
    correlation_id = stored.correlation_id
    work.publish(CHANGE_TAKEN_BACK, match_id, data, correlation_id=correlation_id, follows=True)


def match_released(work: Work, event: Event) -> None:
    """A coordinator let the match go on: what was suggested has been dealt with."""
    match = note_match(work, event)
    settle_suggestions(work.connection, match.match_id, "coordinator", work.now)
