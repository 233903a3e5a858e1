"""Bodies of what coordinators write: previews, wordings, questions."""

import marshmallow as ma
from marshmallow.validate import Length

from shared.contracts.matches import MatchState
from shared.web.openapi import Strict

MOST_IN_QUESTION = 1_000


class MatchIn(Strict):
    match = ma.fields.Nested(MatchState, required=True)


class OwnWordsIn(Strict):
    """Empty words stand for the usual ones. Which words are refused is said by field."""

    subject = ma.fields.String(load_default="", validate=Length(max=2000))
    opening = ma.fields.String(load_default="", validate=Length(max=10_000))


class AskIn(Strict):
    """`about` is the title of the member's own listing: the email names no other side."""

    member_id = ma.fields.String(required=True, validate=Length(1, 200))
    member = ma.fields.String(required=True, validate=Length(1, 500))
    listing_id = ma.fields.String(load_default=None, allow_none=True, validate=Length(max=200))
    about = ma.fields.String(required=True, validate=Length(1, 1000))
    text = ma.fields.String(
        required=True,
        validate=Length(1, MOST_IN_QUESTION, error="Write a question of 1 to {max} characters."),
    )


class OwnWordsOut(ma.Schema):
    member_id = ma.fields.String()
    subject = ma.fields.String()
    opening = ma.fields.String()
    version = ma.fields.Integer()
    edited_by = ma.fields.String(allow_none=True)
    edited_at = ma.fields.AwareDateTime(allow_none=True)


class ApproachOut(ma.Schema):
    """One approach as it would be sent now, without a name, an address or a live link."""

    member_id = ma.fields.String()
    member = ma.fields.String()
    subject = ma.fields.String()
    opening = ma.fields.String()
    text = ma.fields.String()
    html = ma.fields.String()
    may_edit = ma.fields.Boolean(metadata={"description": "False once it has been sent."})
    wording = ma.fields.Nested(OwnWordsOut)


class ApproachesOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(ApproachOut))


class QuestionOut(ma.Schema):
    question_id = ma.fields.String()
    match_id = ma.fields.String()
    member_id = ma.fields.String()
    member = ma.fields.String()
    number = ma.fields.Integer()
    message_id = ma.fields.String()
    about = ma.fields.String()
    text = ma.fields.String()
    asked_by = ma.fields.String(allow_none=True)
    asked_at = ma.fields.AwareDateTime()
    answer = ma.fields.String()
    who = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    answered_at = ma.fields.AwareDateTime(allow_none=True)
    read_by = ma.fields.String(allow_none=True)
    read_at = ma.fields.AwareDateTime(allow_none=True)
    mail_state = ma.fields.String(metadata={"description": "As in the ledger of the match."})
    mail_code = ma.fields.String(allow_none=True)


class QuestionsOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(QuestionOut))


class WrittenOut(ma.Schema):
    wordings = ma.fields.List(ma.fields.Nested(OwnWordsOut))
    questions = ma.fields.List(ma.fields.Nested(QuestionOut))
