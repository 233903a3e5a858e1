"""What is shown: every field named, none by accident."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import marshmallow as ma

from services.registry.api.access import parts
from services.registry.domain.contacts import Contact
from services.registry.domain.listings import PLACES_FIELD, Listing
from services.registry.domain.members import Member, MemberConflict
from shared.contracts.coalition.schemas import (
    CapabilityLine,
    ConflictPart,
    ContactLine,
    MemberLine,
    NeedLine,
)


class PlaceTaken(ma.Schema):
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    typed = ma.fields.String(required=True, allow_none=True)


class _State(ma.Schema):
    version = ma.fields.Integer(required=True)
    material_version = ma.fields.Integer(required=True)
    changed_at = ma.fields.String(required=True)
    created_at = ma.fields.String(required=True)
    places_taken = ma.fields.List(ma.fields.Nested(PlaceTaken))


class MemberView(MemberLine, _State):
    class Meta:
        exclude = ("conflicts",)

    can_be_asked = ma.fields.Boolean(required=True)


class _ListingState(_State):
    status = ma.fields.String(required=True)
    closed_code = ma.fields.String(required=True, allow_none=True)
    published_at = ma.fields.String(required=True, allow_none=True)
    confirmed_at = ma.fields.String(required=True, allow_none=True)


class CapabilityView(CapabilityLine, _ListingState):
    """A capability with its state."""


class NeedView(NeedLine, _ListingState):
    """A need with its state."""


class ContactView(ContactLine):
    can_be_asked = ma.fields.Boolean(required=True)
    unsubscribed_at = ma.fields.String(required=True, allow_none=True)
    unreachable_code = ma.fields.String(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
    changed_at = ma.fields.String(required=True)


class ContactWritten(ma.Schema):
    """A contact's writes answer without its personal data."""

    id = ma.fields.String(required=True)
    member = ma.fields.String(required=True)
    main = ma.fields.Boolean(required=True)
    can_be_asked = ma.fields.Boolean(required=True)
    version = ma.fields.Integer(required=True)


class ConflictsView(ma.Schema):
    conflicts = ma.fields.List(ma.fields.Nested(ConflictPart), required=True)
    version = ma.fields.Integer(metadata={"description": "As the ETag; told when it is replaced."})


class LookedUpContact(ma.Schema):
    contact_id = ma.fields.String(required=True)
    member_id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    choices = ma.fields.Dict(required=True)
    ground_ok = ma.fields.Boolean(required=True)
    main = ma.fields.Boolean(required=True)
    can_be_asked = ma.fields.Boolean(required=True)


class LookedUp(ma.Schema):
    contacts = ma.fields.List(ma.fields.Nested(LookedUpContact), required=True)


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a page of such items."""
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next": ma.fields.String(required=True, allow_none=True),
        },
        name=f"{item.__name__}Page",
    )


def member_view(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        **member.content,
        "status": member.status,
        "can_be_asked": member.can_be_asked,
        "version": member.version,
        "material_version": member.material_version,
        "changed_at": _moment(member.changed_at),
        "created_at": _moment(member.created_at),
        "places_taken": _places_taken(member.content["places"], member.places_typed),
    }


def listing_view(listing: Listing) -> dict[str, Any]:
    places = listing.content[PLACES_FIELD[listing.kind]]
    return {
        "id": listing.id,
        "member": listing.member_id,
        **listing.content,
        "contact": listing.contact_id,
        "status": listing.status,
        "closed_code": listing.closed_code,
        "version": listing.version,
        "material_version": listing.material_version,
        "published_at": _moment(listing.published_at),
        "confirmed_at": _moment(listing.confirmed_at),
        "changed_at": _moment(listing.changed_at),
        "created_at": _moment(listing.created_at),
        "places_taken": _places_taken(places, listing.places_typed),
    }


def contact_view(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "member": contact.member_id,
        **contact.content,
        "main": contact.main,
        "can_be_asked": contact.can_be_asked,
        "unsubscribed_at": _moment(contact.unsubscribed_at),
        "unreachable_code": contact.unreachable_code,
        "version": contact.version,
        "changed_at": _moment(contact.changed_at),
    }


def contact_written(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "member": contact.member_id,
        "main": contact.main,
        "can_be_asked": contact.can_be_asked,
        "version": contact.version,
    }


def looked_up(contact: Contact) -> dict[str, Any]:
    return {
        "contact_id": contact.id,
        "member_id": contact.member_id,
        "name": contact.content.get("name") or "",
        "role": contact.content.get("role") or "",
        "email": contact.email,
        "choices": contact.content.get("choices") or {},
        "ground_ok": contact.ground_ok,
        "main": contact.main,
        "can_be_asked": contact.can_be_asked,
    }


def conflicts_view(conflicts: Sequence[MemberConflict]) -> dict[str, Any]:
    return {
        "conflicts": [
            {
                "member": conflict.member_id,
                "sector": conflict.sector,
                "code": conflict.code,
                "until": conflict.until.isoformat() if conflict.until else None,
            }
            for conflict in conflicts
        ]
    }


def _places_taken(codes: Sequence[str], typed: Mapping[str, str]) -> list[dict[str, Any]]:
    places = parts().places
    return [
        {"code": code, "name": places.get(code).name, "typed": typed.get(code)} for code in codes
    ]


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")
