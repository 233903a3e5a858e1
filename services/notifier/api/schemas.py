"""Bodies of requests and answers. What comes in is refused by name; what goes out is explicit."""

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from services.notifier.domain.answers import ANSWERS, MAX_NOTE_CHARACTERS, REASON_CODES
from shared.web.openapi import Strict

_HOW = ("telephone", "email", "meeting", "other")


class RecordAnswer(Strict):
    """A coordinator writes down what a member said."""

    member_id = ma.fields.String(required=True, validate=Length(1, 200))
    answer = ma.fields.String(required=True, validate=OneOf(ANSWERS))
    reason_code = ma.fields.String(
        load_default=None, allow_none=True, validate=OneOf(sorted(REASON_CODES))
    )
    note = ma.fields.String(load_default="", validate=Length(max=MAX_NOTE_CHARACTERS))
    said_by = ma.fields.String(required=True, validate=Length(1, 200))
    how = ma.fields.String(load_default="telephone", validate=OneOf(_HOW))
    until = ma.fields.Date(load_default=None, allow_none=True)

    @ma.validates_schema
    def check_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data["answer"] == "no" and data.get("reason_code") is None:
            raise ma.ValidationError("A no needs a reason_code. Give one.", "reason_code")
        if data.get("until") is not None and data["answer"] != "not_now":
            raise ma.ValidationError("Only not_now has a date. Leave it out.", "until")


class AnswerOut(ma.Schema):
    answer_id = ma.fields.String()
    member_id = ma.fields.String()
    listing_id = ma.fields.String()
    answer = ma.fields.String()
    reason_code = ma.fields.String(allow_none=True)
    until = ma.fields.Date(allow_none=True)
    note = ma.fields.String()
    said_by = ma.fields.String()
    role = ma.fields.String()
    how = ma.fields.String()
    recorded_by = ma.fields.String()
    given_at = ma.fields.AwareDateTime()
    undone_at = ma.fields.AwareDateTime(allow_none=True)
    exchanged_at = ma.fields.AwareDateTime(allow_none=True)
    attempt = ma.fields.Integer()
    text_hash = ma.fields.String()


class AnswersOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(AnswerOut))


class MessageOut(ma.Schema):
    message_id = ma.fields.String()
    kind = ma.fields.String()
    match_id = ma.fields.String(allow_none=True)
    member_id = ma.fields.String()
    contact_id = ma.fields.String(allow_none=True)
    attempt = ma.fields.Integer()
    step = ma.fields.Integer()
    state = ma.fields.String()
    code = ma.fields.String(allow_none=True)
    stage = ma.fields.String(allow_none=True)
    smtp_code = ma.fields.Integer(allow_none=True)
    tries = ma.fields.Integer()
    planned_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime()
    finished_at = ma.fields.AwareDateTime(allow_none=True)


class MessagesOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(MessageOut))


class OutcomeOut(ma.Schema):
    outcome_id = ma.fields.String()
    member_id = ma.fields.String()
    stage = ma.fields.String()
    ending_code = ma.fields.String(allow_none=True)
    goal = ma.fields.Integer(allow_none=True)
    amount = ma.fields.Float(allow_none=True)
    unit = ma.fields.String(allow_none=True)
    period = ma.fields.String(allow_none=True)
    vouched = ma.fields.Boolean()
    sentence = ma.fields.String()
    details = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        allow_none=True,
        metadata={"description": "measure, baseline, activity, input, output, outcome, evidence"},
    )
    said_by = ma.fields.String()
    reported_at = ma.fields.AwareDateTime()


class OutcomesOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(OutcomeOut))


class SuggestionOut(ma.Schema):
    """What a party would like changed; the match waits until it is settled."""

    suggestion_id = ma.fields.String()
    member_id = ma.fields.String()
    about = ma.fields.String(metadata={"description": "place, number, dates or other"})
    text = ma.fields.String()
    said_by = ma.fields.String()
    role = ma.fields.String()
    made_at = ma.fields.AwareDateTime()
    settled_at = ma.fields.AwareDateTime(allow_none=True)
    settled_by = ma.fields.String(allow_none=True)


class SuggestionsOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(SuggestionOut))


class TaskOut(ma.Schema):
    """Something a coordinator has to look at."""

    kind = ma.fields.String(
        metadata={"description": "message, introduction, suggestion, erasure or complaint"}
    )
    match_id = ma.fields.String(allow_none=True)
    member_id = ma.fields.String(allow_none=True)
    message = ma.fields.Nested(MessageOut, allow_none=True)
    code = ma.fields.String(metadata={"description": "Why it stopped."})
    text = ma.fields.String(metadata={"description": "The same in words, with what to do."})


class TasksOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(TaskOut))


class BounceOut(ma.Schema):
    kind = ma.fields.String()
    status = ma.fields.String(allow_none=True)
    message_id = ma.fields.String(allow_none=True)


class SubjectIn(Strict):
    contact_id = ma.fields.String(required=True, validate=Length(1, 200))
    email = ma.fields.String(required=True, validate=Length(1, 320))


class ErasedOut(ma.Schema):
    messages_erased = ma.fields.Integer()
