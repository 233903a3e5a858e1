"""What is said about capabilities, needs and partnerships made elsewhere: whole state each time.

Field names are those of the coalition file. `material` holds the texts as of the last version
that mattered to matching: scoring reads those, so that a corrected typo cancels nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from shared.contracts.fields import (
    MAX_TITLE_CHARS,
    Choice,
    Code,
    Day,
    Flag,
    Id,
    Moment,
    Number,
    Place,
    Text,
    Title,
    Whole,
)
from shared.contracts.members import material_not_ahead
from shared.contracts.shapes import Many, Part, Shape

LISTING_STATUSES = ("published", "paused", "closed")
MODES = ("in_person", "remote", "either")
URGENCIES = ("low", "medium", "high")
FRAMEWORK = "levelling-up-goals-2021"


class Capacity(Shape):
    """How much of it there is: 500 "apprenticeship starts" a "year"."""

    amount = Whole(load_default=1)
    unit = Text(load_default="partnerships", max_chars=MAX_TITLE_CHARS)
    per = Text(load_default="at a time", max_chars=MAX_TITLE_CHARS)


class Available(Shape):
    """First and last day; null on either side means open."""

    class Meta(Shape.Meta):
        # `from` is a word of Python's own.
        include: ClassVar[dict[str, Day]] = {
            "from": Day(load_default=None, allow_none=True),
            "until": Day(load_default=None, allow_none=True),
        }


class MaterialTexts(Shape):
    """Title and description as of the last material version."""

    title = Title(required=True)
    description = Text(load_default="")


class Locality(Shape):
    """Where exactly, in the member's own words; the postcode is kept as written."""

    text = Text(load_default="", max_chars=MAX_TITLE_CHARS)
    postcode = Text(load_default="", max_chars=20)


class Units(Shape):
    """How much a need takes, in the unit it names."""

    amount = Whole(load_default=1, at_least=1)
    unit = Text(load_default="", max_chars=MAX_TITLE_CHARS)


class Evidence(Shape):
    """An official figure and where it is published."""

    figure = Text(load_default="", max_chars=2_000)
    source = Text(load_default="", max_chars=2_000)
    url = Text(load_default=None, allow_none=True, max_chars=2_000)


class ListingState(Shape):
    """What capabilities and needs have in common."""

    rules = (material_not_ahead,)

    member_id = Id(required=True)
    title = Title(required=True)
    description = Text(load_default="")
    goals = Many(Whole(at_least=1), load_default=list)
    beneficiaries = Many(Code(), load_default=list)
    strict = Many(Code(), load_default=list)
    contact_id = Id(load_default=None, allow_none=True)
    status = Choice(*LISTING_STATUSES, required=True)
    closed_code = Code(load_default=None, allow_none=True)
    version = Whole(required=True, at_least=1)
    material_version = Whole(required=True, at_least=1)
    material = Part(MaterialTexts, required=True)
    published_at = Moment(required=True)
    confirmed_at = Moment(load_default=None, allow_none=True)


class CapabilityState(ListingState):
    """What a member can bring. `delivers_in` empty means: where the member is."""

    capability_id = Id(required=True)
    delivers_in = Many(Place(), load_default=list)
    mode = Choice(*MODES, load_default="either")
    gives = Many(Code(), load_default=list)
    capacity = Part(Capacity, load_default=lambda: Capacity().load({}))
    requires = Text(load_default="")
    terms = Code(load_default="free")
    available = Part(Available, load_default=lambda: Available().load({}))
    assured_on = Day(load_default=None, allow_none=True)


class NeedState(ListingState):
    """What a member or its place lacks. `places` empty means: where the member is."""

    need_id = Id(required=True)
    places = Many(Place(), load_default=list)
    locality = Part(Locality, load_default=lambda: Locality().load({}))
    wants = Many(Code(), load_default=list)
    partners = Whole(load_default=1, at_least=1)
    units = Part(Units, load_default=None, allow_none=True)
    offers = Many(Code(), load_default=list)
    budget = Code(load_default="none")
    welcomes_same_sector = Flag(load_default=False)
    urgency = Choice(*URGENCIES, load_default="medium")
    by = Day(load_default=None, allow_none=True)
    evidence = Part(Evidence, load_default=None, allow_none=True)
    framework = Text(load_default=FRAMEWORK, min_chars=1, max_chars=MAX_TITLE_CHARS)


def says_what_it_is_about(data: Mapping[str, Any]) -> str | None:
    if data["need_id"] is None and not data["text"]:
        return "a partnership names a need or says in text what it is about"
    return None


class PartnershipRecorded(Shape):
    """A partnership that was not made by Convene; it enters as introduced or active."""

    rules = (says_what_it_is_about,)

    partnership_id = Id(required=True)
    need_id = Id(load_default=None, allow_none=True)
    text = Text(load_default=None, allow_none=True)
    member_ids = Many(Id(), required=True, at_least=2)
    state = Choice("introduced", "active", required=True)
    since = Day(required=True)
    goals = Many(Whole(at_least=1), load_default=list)


class NeedText(Shape):
    """The need as it was scored, kept with the match."""

    title = Title(required=True)
    description = Text(load_default="")
    places = Many(Place(), load_default=list)
    place_names = Many(Text(max_chars=MAX_TITLE_CHARS), load_default=list)
    goals = Many(Whole(at_least=1), load_default=list)
    wants = Many(Code(), load_default=list)
    offers = Many(Code(), load_default=list)


class CapabilityText(Shape):
    """A capability as it was scored, kept with the match."""

    capability_id = Id(required=True)
    member_id = Id(required=True)
    title = Title(required=True)
    description = Text(load_default="")
    gives = Many(Code(), load_default=list)
    mode = Choice(*MODES, load_default="either")
    terms = Code(load_default="free")
    requires = Text(load_default="")


class Reason(Shape):
    """One part of a score; the contributions add up to it."""

    feature = Text(required=True, min_chars=1, max_chars=MAX_TITLE_CHARS)
    contribution = Number(required=True)
    text = Text(load_default="", max_chars=2_000)
