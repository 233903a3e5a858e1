"""What is said about members: whole state on every change, and whom they may not be matched with.

Organisations only. A person's name or address never appears in an event.
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
    Place,
    Text,
    Texts,
    Whole,
)
from shared.contracts.shapes import Many, Part, Shape

MEMBER_STATUSES = ("invited", "active", "paused", "withdrawn")


def material_not_ahead(data: Mapping[str, Any]) -> str | None:
    if data["material_version"] > data["version"]:
        return "material_version must not be above version"
    return None


class MemberState(Shape):
    """All that the coalition's services may know of a member."""

    rules = (material_not_ahead,)

    member_id = Id(required=True)
    name = Text(required=True, min_chars=1, max_chars=MAX_TITLE_CHARS)
    sector = Code(required=True)
    industry = Text(load_default="")
    coalitions = Many(Code(), load_default=list)
    places = Many(Place(), load_default=list)
    identifiers = Texts(load_default=dict)
    website = Text(load_default=None, allow_none=True, max_chars=2_000)
    status = Choice(*MEMBER_STATUSES, required=True)
    can_be_asked = Flag(required=True)
    version = Whole(required=True, at_least=1)
    material_version = Whole(required=True, at_least=1)
    changed_at = Moment(required=True)


def names_somebody(data: Mapping[str, Any]) -> str | None:
    if data["member_id"] is None and data["sector"] is None:
        return "a conflict names a member or a sector"
    return None


class Conflict(Shape):
    """One member or every member of a sector; `until` is the last day it holds."""

    rules = (names_somebody,)

    member_id = Id(load_default=None, allow_none=True)
    sector = Code(load_default=None, allow_none=True)
    until = Day(load_default=None, allow_none=True)


class ConflictsDeclared(Shape):
    """The whole list of a member's conflicts; the reason is never published."""

    member_id = Id(required=True)
    conflicts = Many(Part(Conflict), required=True)
