"""What the API takes and gives, as marshmallow schemas; the OpenAPI document is made from them."""

import marshmallow as ma
from marshmallow import fields, validate

from services.matcher.domain.states import State
from shared.web.openapi import Strict
from shared.web.paging import PageArgs

STATES = [state.value for state in State]
MAX_NOTE_CHARS = 4_000


class MatchFilters(PageArgs):
    state = fields.List(
        fields.String(validate=validate.OneOf(STATES)),
        load_default=list,
        metadata={"description": "One or more states."},
    )
    goal = fields.Integer(load_default=None, validate=validate.Range(1, 1_000))
    place = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[A-Z][0-9]{8}$", error="Give an ONS code such as E07000076."),
        metadata={"description": "An ONS code: matches in it, and those that cover it."},
    )
    sector = fields.String(load_default=None, validate=validate.Length(1, 64))
    locality = fields.String(load_default=None, validate=validate.Length(1, 200))
    member = fields.String(load_default=None, validate=validate.Length(1, 200))
    need = fields.String(load_default=None, validate=validate.Length(1, 200))
    origin = fields.String(load_default=None, validate=validate.OneOf(["convene", "elsewhere"]))
    held = fields.Boolean(load_default=None)


class PartySchema(ma.Schema):
    """In a consortium `covers` are the wanted kinds of help that it brings."""

    member_id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(["needs", "brings"]))
    listing_kind = fields.String(allow_none=True)
    listing_id = fields.String(allow_none=True)
    necessary = fields.Boolean(required=True)
    answer = fields.String(allow_none=True)
    answered_at = fields.String(allow_none=True)
    covers = fields.List(fields.String())
    said_yes_before = fields.Boolean()


class ReasonSchema(ma.Schema):
    feature = fields.String(required=True)
    contribution = fields.Float(required=True)
    text = fields.String(required=True)


class HoldSchema(ma.Schema):
    code = fields.String(required=True)
    until = fields.String(allow_none=True)


class EndingSchema(ma.Schema):
    code = fields.String(required=True)
    by = fields.String(required=True)
    cooling_off_until = fields.String(allow_none=True)


class MatchSchema(ma.Schema):
    """A match as it stands: the same fields as in its events, and its moves."""

    match_id = fields.String(required=True)
    round = fields.Integer(required=True)
    previous_match_id = fields.String(allow_none=True)
    origin = fields.String(required=True)
    need_id = fields.String(allow_none=True)
    capability_ids = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    revision = fields.Integer(required=True)
    attempt = fields.Integer(required=True)
    parties = fields.List(fields.Nested(PartySchema), required=True)
    convenes = fields.String(allow_none=True)
    need = fields.Dict(allow_none=True)
    capabilities = fields.List(fields.Dict())
    score = fields.Float(allow_none=True)
    strength = fields.String(allow_none=True)
    reasons = fields.List(fields.Nested(ReasonSchema))
    model_version = fields.String(allow_none=True)
    rules_version = fields.String(allow_none=True)
    framework = fields.String()
    warnings = fields.List(fields.String())
    proposed_at = fields.String(required=True)
    expires_at = fields.String(allow_none=True)
    approved_at = fields.String(allow_none=True)
    effective_at = fields.String(
        allow_none=True, metadata={"description": "Until then the approval can be undone."}
    )
    asked_at = fields.String(allow_none=True)
    lapses_at = fields.String(allow_none=True)
    agreed_at = fields.String(allow_none=True)
    introduced_at = fields.String(allow_none=True)
    hold = fields.Nested(HoldSchema, allow_none=True)
    ending = fields.Nested(EndingSchema, allow_none=True)
    superseded_by = fields.String(allow_none=True)
    ask_order = fields.String()
    moves = fields.List(
        fields.String(), metadata={"description": "What a coordinator may do with it now."}
    )


class RefusedSchema(ma.Schema):
    need_id = fields.String(required=True)
    capability_id = fields.String(required=True)
    score = fields.Float(required=True)
    rule = fields.String(required=True)
    text = fields.String(required=True)


class ChangeSchema(ma.Schema):
    """One thing that one side could do."""

    side = fields.String(required=True, validate=validate.OneOf(["need", "capability"]))
    kind = fields.String(required=True)
    code = fields.String(
        required=True, metadata={"description": "Which place, goal, group, kind or field."}
    )
    cost = fields.Integer(required=True)


class NearMissSchema(ma.Schema):
    """A pair that almost became a proposal, and the smallest change that would make it one."""

    need_id = fields.String(required=True)
    capability_id = fields.String(required=True)
    score = fields.Float(required=True)
    rule = fields.String(
        required=True, allow_none=True, metadata={"description": "What refused it; null: none."}
    )
    feature = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Where no rule refused it: the part that cost it most."},
    )
    text = fields.String(required=True)
    change = fields.String(required=True, metadata={"description": "In words."})
    changes = fields.List(fields.Nested(ChangeSchema), required=True)
    score_then = fields.Float(
        required=True, allow_none=True, metadata={"description": "The score after the change."}
    )


class NearMissesSchema(ma.Schema):
    items = fields.List(fields.Nested(NearMissSchema), required=True)


class NeedArgs(Strict):
    need = fields.String(required=True, validate=validate.Length(1, 200))


class MatchPageSchema(ma.Schema):
    items = fields.List(fields.Nested(MatchSchema), required=True)
    next = fields.String(allow_none=True, required=True)


class PhraseSchema(ma.Schema):
    """The same phrase as either text has it."""

    need = fields.String(required=True)
    capability = fields.String(required=True)


class AlikeSchema(PhraseSchema):
    """The two sentences that the sentence model finds most alike."""

    likeness = fields.Float(required=True, metadata={"description": "Cosine, at most 1."})


class CarriedSchema(ma.Schema):
    """What of both texts carried the score, for one capability."""

    capability_id = fields.String(required=True)
    phrases = fields.List(fields.Nested(PhraseSchema), required=True)
    alike = fields.Nested(AlikeSchema, required=True, allow_none=True)


class OneMatchSchema(MatchSchema):
    """One match, with what was held back beside it."""

    carried_by = fields.List(fields.Nested(CarriedSchema))
    refused = fields.List(
        fields.Nested(RefusedSchema),
        metadata={"description": "Near misses of the same need: the rule that refused each."},
    )
    near_misses = fields.List(
        fields.Nested(NearMissSchema),
        metadata={"description": "Refused and too weak pairs of this need, and what would help."},
    )


class HistoryEntrySchema(ma.Schema):
    at = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["move", "note", "late"]))
    move = fields.String(required=True)
    by = fields.String(required=True)
    from_state = fields.String(allow_none=True)
    to_state = fields.String(allow_none=True)
    actor_id = fields.String(allow_none=True)
    code = fields.String(allow_none=True)
    event_id = fields.String(allow_none=True)
    cause_id = fields.String(allow_none=True)
    details = fields.Dict()


class HistorySchema(ma.Schema):
    items = fields.List(fields.Nested(HistoryEntrySchema), required=True)


def _note() -> fields.String:
    return fields.String(
        load_default="",
        validate=validate.Length(max=MAX_NOTE_CHARS),
        metadata={"description": "Stays in the matcher. People may ask to see what you write."},
    )


def _code(*, required: bool = True) -> fields.String:
    options = {"required": True} if required else {"load_default": None, "allow_none": True}
    return fields.String(validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,63}$"), **options)


class ApproveSchema(Strict):
    reason_code = _code(required=False)
    note = _note()


class RejectSchema(Strict):
    reason_code = _code()
    note = _note()
    until = fields.Date(load_default=None, allow_none=True)


class HoldRequestSchema(Strict):
    code = _code()
    until = fields.Date(load_default=None, allow_none=True)


class EndRequestSchema(Strict):
    reason_code = _code()


class NoBodySchema(Strict):
    pass


class CheckSchema(ma.Schema):
    allowed = fields.Boolean(required=True)
    reason = fields.String(allow_none=True, required=True)


class RefusalArgs(Strict):
    need = fields.String(required=True, validate=validate.Length(1, 200))
    top = fields.Integer(load_default=10, validate=validate.Range(1, 100))


class RefusalsSchema(ma.Schema):
    items = fields.List(fields.Nested(RefusedSchema), required=True)


class EventArgs(Strict):
    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**53),
        metadata={"description": "`next` of the answer before; 0 is the beginning."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1_000))
    wait = fields.Float(
        load_default=0.0,
        validate=validate.Range(0, 25),
        metadata={"description": "Seconds to wait for the first event, if there is none yet."},
    )


class EventsSchema(ma.Schema):
    """CloudEvents in the JSON format, in the order in which they were committed."""

    events = fields.List(fields.Dict(), required=True)
    next = fields.Integer(required=True)


class ReasonCodeSchema(ma.Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)
    teaches = fields.String(required=True)
    cooling_days = fields.Integer(required=True)
    for_good = fields.Boolean(required=True)
    needs_date = fields.Boolean(required=True)


class ReasonCodesSchema(ma.Schema):
    items = fields.List(fields.Nested(ReasonCodeSchema), required=True)
