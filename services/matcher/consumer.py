"""The event edge: which function takes which event. Nothing else is here."""

from collections.abc import Callable, Mapping
from typing import Any

from services.matcher.agree import answer_given, answer_undone
from services.matcher.asking import message_failed, message_sent
from services.matcher.domain.matches import Match
from services.matcher.domain.states import By
from services.matcher.elsewhere import partnership_recorded
from services.matcher.follow import introduction_sent, outcome_reported
from services.matcher.hold import change_suggested, change_taken_back
from services.matcher.moves import note
from services.matcher.projection import HANDLERS as PROJECTION
from services.matcher.projection import Handler
from services.matcher.settings import MatcherSettings
from services.matcher.store.matches import find_match
from shared.contracts import topics, types
from shared.contracts.envelope import Event
from shared.storage import Work

About = Callable[[Work, Match, Mapping[str, Any]], None]

GROUP = "matcher"
TOPICS = (
    topics.MEMBERS,
    topics.CONFLICTS,
    topics.CAPABILITIES,
    topics.NEEDS,
    topics.CORRESPONDENCE,
)


def _about_match(handle: About) -> Handler:
    """The match an event is about, locked; an event about none of ours is kept as late."""

    def handled(work: Work, event: Event) -> None:
        match = find_match(work.connection, event.subject, lock=True)
        if match is None:
            note(work, event.subject, event.type, By.NOTIFIER, late=True)
            return
        handle(work, match, event.data or {})

    return handled


def handlers(settings: MatcherSettings) -> dict[str, Handler]:
    def sent(work: Work, match: Match, data: Mapping[str, Any]) -> None:
        message_sent(work, match, data, settings.approach_days)

    def answered(work: Work, match: Match, data: Mapping[str, Any]) -> None:
        answer_given(work, match, data, settings.grace_seconds)

    return {
        **PROJECTION,
        types.PARTNERSHIP_RECORDED: partnership_recorded,
        types.MESSAGE_SENT: _about_match(sent),
        types.MESSAGE_FAILED: _about_match(message_failed),
        types.ANSWER_ACCEPTED: _about_match(answered),
        types.ANSWER_DECLINED: _about_match(answered),
        types.ANSWER_DEFERRED: _about_match(answered),
        types.ANSWER_UNDONE: _about_match(answer_undone),
        types.CHANGE_SUGGESTED: _about_match(change_suggested),
        types.CHANGE_TAKEN_BACK: _about_match(change_taken_back),
        types.INTRODUCTION_SENT: _about_match(introduction_sent),
        types.OUTCOME_REPORTED: _about_match(outcome_reported),
    }
