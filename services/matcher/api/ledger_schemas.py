"""What the fairness ledger takes and gives, as marshmallow schemas."""

import marshmallow as ma
from marshmallow import fields, validate

from services.matcher.domain.assignment import DISTRICT
from services.matcher.rounds.fairness import BY
from shared.web.paging import PageArgs


class FairnessArgs(PageArgs):
    by = fields.String(load_default=DISTRICT, validate=validate.OneOf(BY))
    days = fields.Integer(
        load_default=365,
        validate=validate.Range(0, 36_500),
        metadata={"description": "How far back proposals and introductions count; 0: for ever."},
    )


class FairnessLineSchema(ma.Schema):
    """One place or member. `needs` are open now, the rest happened in the period; `brought` counts
    the proposals that a member is the supplier of, and is 0 for a place. `waits`: it has open
    needs and less than half its share of the proposals.
    """

    id = fields.String(required=True)
    name = fields.String(required=True)
    needs = fields.Integer(required=True)
    proposals = fields.Integer(required=True)
    introductions = fields.Integer(required=True)
    brought = fields.Integer(required=True)
    share_of_needs = fields.Float(required=True)
    share_of_proposals = fields.Float(required=True)
    waits = fields.Boolean(required=True)


class FairnessSchema(ma.Schema):
    """Totals of the whole ledger, and a page of its lines. `spread` is the Gini of proposals: 0 is
    even, 1 is all with one. A match counts in every place of its need.
    """

    by = fields.String(required=True)
    since = fields.String(required=True, allow_none=True)
    needs = fields.Integer(required=True)
    proposals = fields.Integer(required=True)
    introductions = fields.Integer(required=True)
    spread = fields.Float(required=True)
    items = fields.List(fields.Nested(FairnessLineSchema), required=True)
    next = fields.String(allow_none=True, required=True)
