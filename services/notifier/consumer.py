"""The event edge: which use case each event goes to, and nothing else."""

from collections.abc import Mapping
from functools import partial

from services.notifier.approach import approach_parties
from services.notifier.close import close_match
from services.notifier.domain.schedule import Pace
from services.notifier.erase import forget_member
from services.notifier.follow_up import schedule_follow_ups, stop_following
from services.notifier.introduce import await_agreement
from services.notifier.invite import invite_member, stop_mailing_member
from services.notifier.notice import note_event
from services.notifier.remind import schedule_reminders
from services.notifier.suggest import match_released
from shared.contracts import types
from shared.messaging.runner import Handler

TOPICS = ("convene.matches", "convene.members")


def match_types(pace: Pace) -> list[str]:
    """The events that tell the state of a match."""
    return [type_ for type_ in handlers(pace) if types.EVENT_TYPES[type_].topic == TOPICS[0]]


def handlers(pace: Pace) -> Mapping[str, Handler]:
    """Event type → use case. Events that are not here need nothing of us and are skipped."""
    return {
        types.MEMBER_INVITED: invite_member,
        types.MEMBER_WITHDRAWN: stop_mailing_member,
        types.MEMBER_ERASED: forget_member,
        types.MATCH_APPROVED: approach_parties,
        types.MATCH_ASKED: partial(schedule_reminders, pace),
        types.MATCH_HELD: note_event,
        types.MATCH_RELEASED: match_released,
        types.MATCH_UNREACHABLE: note_event,
        types.MATCH_REOPENED: note_event,
        types.MATCH_AGREED: partial(await_agreement, pace),
        types.MATCH_REJECTED: close_match,
        types.MATCH_SUPERSEDED: close_match,
        types.MATCH_EXPIRED: close_match,
        types.MATCH_DECLINED: close_match,
        types.MATCH_LAPSED: close_match,
        types.MATCH_WITHDRAWN: close_match,
        types.MATCH_INTRODUCED: partial(schedule_follow_ups, pace),
        types.MATCH_RECORDED: partial(schedule_follow_ups, pace),
        types.MATCH_STARTED: note_event,
        types.MATCH_COMPLETED: stop_following,
        types.MATCH_ENDED: stop_following,
    }
