"""What may be sent: the fields of the coalition file, one to one, read by the same schemas."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import request

from services.registry.domain.listings import CLOSE_CODES, LISTING_STATUSES
from services.registry.domain.members import MEMBER_STATUSES
from shared.contracts.coalition.looked_up import PlaceValue, Word, place_texts, resolved
from shared.contracts.coalition.schemas import (
    CapabilityLine,
    ConflictPart,
    ContactLine,
    MemberLine,
    NeedLine,
)
from shared.contracts.coalition.sheets import slug
from shared.contracts.coalition.values import IdValue, ManyOf
from shared.ids import stable_id
from shared.reference.vocabulary import SECTORS
from shared.web.openapi import Strict
from shared.web.paging import PageArgs


class Body(Strict):
    """null means the same as leaving a field out, so that what was read can be sent back."""

    @ma.pre_load
    def drop_nulls(self, data: Any, **_: Any) -> Any:
        return _without_nulls(data)


class MemberFields(MemberLine, Body):
    class Meta(Strict.Meta):
        exclude = ("id", "status", "conflicts")


class MemberNew(MemberLine, Body):
    """`id` is made from the name when it is left out."""

    class Meta(Strict.Meta):
        exclude = ("conflicts",)

    id = IdValue("an id", load_default=None)


class ConflictsBody(Body):
    conflicts = ManyOf(ma.fields.Nested(ConflictPart), required=True)


class ContactFields(ContactLine, Body):
    class Meta(Strict.Meta):
        exclude = ("id", "member")


class ContactNew(ContactLine, Body):
    """`id` is made up when it is left out; it says nothing about the person."""

    class Meta(Strict.Meta):
        exclude = ("member",)

    id = IdValue("an id", load_default=None)


class OwnContactFields(ContactLine, Body):
    """What a person may correct about themselves."""

    class Meta(Strict.Meta):
        fields = ("name", "role", "email")


class OwnChoices(Body):
    """Kinds of mail, wanted or not."""

    proposals = ma.fields.Boolean()
    follow_ups = ma.fields.Boolean()


class CapabilityFields(CapabilityLine, Body):
    class Meta(Strict.Meta):
        exclude = ("id", "member")


class NeedFields(NeedLine, Body):
    class Meta(Strict.Meta):
        exclude = ("id", "member")


class _New(Body):
    id = IdValue("an id", load_default=None)
    member = IdValue("the id of the member", load_default=None)
    status = ma.fields.String(
        load_default="published",
        validate=ma.validate.OneOf(["draft", "published"], error="must be draft or published"),
        metadata={"description": "A draft is seen by nobody but its member and the coordinators."},
    )


class CapabilityNew(CapabilityLine, _New):
    """`member` may be left out by a member's own key; `id` is made from the title."""

    class Meta(Strict.Meta):
        exclude = ()

    id = IdValue("an id", load_default=None)
    member = IdValue("the id of the member", load_default=None)


class NeedNew(NeedLine, _New):
    """`member` may be left out by a member's own key; `id` is made from the title."""

    class Meta(Strict.Meta):
        exclude = ()

    id = IdValue("an id", load_default=None)
    member = IdValue("the id of the member", load_default=None)


class CloseBody(Body):
    code = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(CLOSE_CODES, error=f"must be one of {', '.join(CLOSE_CODES)}"),
    )


class LookupBody(Body):
    """Send: member_id, perhaps listing_id or contact_id. Introduce: match_id, member_ids, claim."""

    purpose = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(["send", "introduce"], error="must be send or introduce"),
    )
    member_id = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 200))
    listing_id = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 200))
    contact_id = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 200))
    match_id = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 200))
    member_ids = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 200)),
        load_default=list,
        validate=ma.validate.Length(max=20),
    )
    listing_ids = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 200)),
        load_default=list,
        validate=ma.validate.Length(max=40),
    )
    claim = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 8_000))

    @ma.validates_schema(skip_on_field_errors=True)
    def check_purpose(self, data: Mapping[str, Any], **_: Any) -> None:
        needed = {"send": ("member_id",), "introduce": ("match_id", "member_ids", "claim")}
        for name in needed[data["purpose"]]:
            if not data[name]:
                raise ma.ValidationError(f"is needed for purpose {data['purpose']}", name)


class MemberQuery(PageArgs):
    sector = Word(SECTORS, load_default=None)
    place = PlaceValue(load_default=None, metadata={"description": "It and the places inside it."})
    status = ma.fields.String(load_default=None, validate=ma.validate.OneOf(MEMBER_STATUSES))
    q = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=200),
        metadata={"description": "Words of the name or title, in any order."},
    )


class ListingQuery(PageArgs):
    sector = Word(SECTORS, load_default=None)
    place = PlaceValue(load_default=None, metadata={"description": "It and the places inside it."})
    goal = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 100))
    status = ma.fields.String(load_default=None, validate=ma.validate.OneOf(LISTING_STATUSES))
    member = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 200))
    unconfirmed = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Only published ones that nobody confirmed for long."},
    )
    q = ma.fields.String(load_default=None, validate=ma.validate.Length(max=200))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return value


def id_from(*texts: str) -> str:
    """An id a person recognises, made from a name or title; odd names get one made up."""
    return slug(*texts) or stable_id("id", *texts)


def places_typed(field: str) -> dict[str, str]:
    """By place code what was typed for it in this request, where that was not the code."""
    body = request.get_json(silent=True)
    given = body.get(field) if isinstance(body, dict) else None
    typed: dict[str, str] = {}
    for entry in given if isinstance(given, list) else []:
        for text in place_texts(entry):
            place = resolved(text.strip()) if isinstance(text, str) else None
            if place is not None and not isinstance(place, str) and place.code != text.strip():
                typed[place.code] = text.strip()
    return typed
