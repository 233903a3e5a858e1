"""What a preview is asked with and what it says."""

import marshmallow as ma
from marshmallow import fields, validate

from shared.web.openapi import Strict


class PreviewSchema(Strict):
    kind = fields.String(required=True, validate=validate.OneOf(["capability", "need"]))
    listing = fields.Dict(
        required=True,
        metadata={"description": "As in the coalition file, without id; `member` is needed."},
    )


class SectorCountSchema(ma.Schema):
    sector = fields.String(required=True)
    count = fields.Integer(required=True)


class ReadTermSchema(ma.Schema):
    term = fields.String(required=True)
    phrase = fields.String(required=True)


class ShownSchema(ma.Schema):
    """How many could match, how well, and members of which sectors they are of; never who."""

    total = fields.Integer(required=True)
    more = fields.Boolean(required=True, metadata={"description": "There are more than counted."})
    strengths = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    sectors = fields.List(fields.Nested(SectorCountSchema), required=True)
    read = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(ReadTermSchema)),
        required=True,
        metadata={
            "description": "goals, beneficiaries, help: what the text says of what is empty."
        },
    )
