"""What is said about the mail of a match and what came back: codes and opaque ids, no words.

All of it travels on one topic under the match's id, so that no answer overtakes its message.
"""

from collections.abc import Mapping
from typing import Any

from shared.contracts.fields import (
    MAX_TITLE_CHARS,
    Choice,
    Code,
    Day,
    Flag,
    Id,
    Moment,
    Number,
    Text,
    Whole,
)
from shared.contracts.matches import ANSWERS
from shared.contracts.shapes import Many, Shape

MESSAGE_KINDS = (
    "approach",
    "reminder",
    "introduction",
    "closing",
    "follow_up",
    "answer_copy",
)
SUGGESTED_ABOUT = ("place", "number", "dates", "other")
OUTCOME_STAGES = ("met", "started", "finished", "ended")


class MessageFate(Shape):
    """One email to one member about one match, and what became of it."""

    message_id = Id(required=True)
    kind = Choice(*MESSAGE_KINDS, required=True)
    match_id = Id(required=True)
    member_id = Id(required=True)
    contact_id = Id(load_default=None, allow_none=True)
    attempt = Whole(load_default=0)
    code = Code(load_default=None, allow_none=True)


def says_why(data: Mapping[str, Any]) -> str | None:
    return "a failed message says why in code" if data["code"] is None else None


class MessageFailed(MessageFate):
    """code: no_contact, undeliverable, suppressed, refused, held_ambiguous."""

    rules = (says_why,)


class AnswerGiven(Shape):
    """A party's answer; the note and the person's name stay with the notifier.

    `text_hash` names the text that was answered. `answer` is null once it is undone.
    """

    match_id = Id(required=True)
    member_id = Id(required=True)
    listing_id = Id(load_default=None, allow_none=True)
    answer = Choice(*ANSWERS, load_default=None, allow_none=True)
    reason_code = Code(load_default=None, allow_none=True)
    until = Day(load_default=None, allow_none=True)
    recorded_by = Choice("member", "coordinator", load_default="member")
    given_at = Moment(required=True)
    text_hash = Text(load_default=None, allow_none=True, max_chars=MAX_TITLE_CHARS)
    attempt = Whole(load_default=0)


class ChangeSuggested(Shape):
    """A party would like something changed before it answers; its words stay with the notifier.

    The match waits meanwhile. `about` is null once the suggestion is taken back.
    """

    match_id = Id(required=True)
    member_id = Id(required=True)
    about = Choice(*SUGGESTED_ABOUT, load_default=None, allow_none=True)
    made_at = Moment(required=True)


class IntroductionSent(Shape):
    """Every copy was taken by a mail server; the members have each other's contacts."""

    match_id = Id(required=True)
    member_ids = Many(Id(), required=True, at_least=2)
    sent_at = Moment(required=True)


class OutcomeReported(Shape):
    """What came of an introduction, as one member reports it: one number with unit and period."""

    match_id = Id(required=True)
    member_id = Id(required=True)
    stage = Choice(*OUTCOME_STAGES, required=True)
    ending_code = Code(load_default=None, allow_none=True)
    goal = Whole(load_default=None, allow_none=True, at_least=1)
    amount = Number(load_default=None, allow_none=True)
    unit = Text(load_default=None, allow_none=True, max_chars=MAX_TITLE_CHARS)
    period = Text(load_default=None, allow_none=True, max_chars=MAX_TITLE_CHARS)
    vouched = Flag(load_default=False)
    reported_at = Moment(required=True)
