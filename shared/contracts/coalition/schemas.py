"""What each kind of line may say: the table of the coalition file, with its defaults.

Loading gives a plain, JSON-shaped dict whose field names and shapes are those of the events, so
that what is imported is published as it stands.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

from shared.contracts.coalition.looked_up import GoalValue, PlacesValue, Word
from shared.contracts.coalition.values import (
    ClockValue,
    CodeValue,
    CountValue,
    DayValue,
    EmailValue,
    FlagValue,
    IdValue,
    Inner,
    ManyOf,
    OneOf,
    TextMap,
    TextValue,
    WebValue,
)
from shared.contracts.fields import MAX_TEXT_CHARS, MAX_TITLE_CHARS
from shared.contracts.members import MEMBER_STATUSES
from shared.reference import vocabulary as words

# Longer in the errors of a file, where the names that would be right are listed.
UNKNOWN = "is an unknown field"
NO_OBJECT = "must be an object with named fields"
_MESSAGES = {"unknown": UNKNOWN, "type": NO_OBJECT}


class LineSchema(Schema):
    """An object of which every field is known."""

    error_messages = _MESSAGES

    class Meta:
        unknown = RAISE


class PeriodPart(LineSchema):
    """First and last day."""

    class Meta(LineSchema.Meta):
        include: ClassVar[dict[str, fields.Field[Any]]] = {
            "from": DayValue(load_default=None),
            "until": DayValue(load_default=None),
        }

    @validates_schema(skip_on_field_errors=True)
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["from"] and data["until"] and data["from"] > data["until"]:
            raise ValidationError("must not end before it begins", "until")


class ConflictPart(LineSchema):
    """One member or one sector."""

    member = IdValue("the id of a member", load_default=None)
    sector = Word(words.SECTORS, load_default=None)
    code = CodeValue(load_default="conflict")
    until = DayValue(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def check_whom(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["member"] is None) == (data["sector"] is None):
            raise ValidationError("must name either a member or a sector", "member")


class MemberLine(LineSchema):
    id = IdValue(required=True)
    name = TextValue(
        "the organisation's name", max_chars=MAX_TITLE_CHARS, one_line=True, required=True
    )
    sector = Word(words.SECTORS, required=True)
    industry = TextValue(max_chars=200, load_default="")
    coalitions = ManyOf(Word(words.COALITIONS), load_default=list)
    places = PlacesValue(load_default=list)
    identifiers = TextMap(load_default=dict)
    website = WebValue(max_chars=500, load_default="")
    status = OneOf(*MEMBER_STATUSES, load_default="active")
    conflicts = ManyOf(Inner(ConflictPart), load_default=list)


class QuietHoursPart(LineSchema):
    """The daily time in which a contact wants no mail."""

    class Meta(LineSchema.Meta):
        include: ClassVar[dict[str, fields.Field[Any]]] = {
            "from": ClockValue(required=True),
            "until": ClockValue(required=True),
            "zone": TextValue("a time zone such as Europe/London", max_chars=64),
        }


class ChoicesPart(LineSchema):
    """Kinds of mail a contact wants; what is absent is not decided."""

    proposals = FlagValue()
    follow_ups = FlagValue()
    digest = FlagValue()
    quiet_hours = Inner(QuietHoursPart)


class GroundPart(LineSchema):
    """Why we may write to the person."""

    basis = CodeValue(required=True)
    date = DayValue(load_default=None)
    source = TextValue(max_chars=500, load_default="")


class ContactLine(LineSchema):
    id = IdValue(required=True)
    member = IdValue("the id of the contact's member", required=True)
    email = EmailValue(required=True, max_chars=254)
    name = TextValue(max_chars=MAX_TITLE_CHARS, one_line=True, load_default="")
    role = TextValue(max_chars=200, load_default="")
    main = FlagValue(load_default=False)
    choices = Inner(ChoicesPart, load_default=dict)
    ground = Inner(GroundPart, load_default=None)


class CapacityPart(LineSchema):
    amount = CountValue(load_default=1)
    unit = TextValue(max_chars=200, load_default="partnerships")
    per = TextValue(max_chars=200, load_default="at a time")


class CapabilityLine(LineSchema):
    id = IdValue(required=True)
    member = IdValue("the id of the member that brings it", required=True)
    title = TextValue(
        "what it is in a few words", max_chars=MAX_TITLE_CHARS, one_line=True, required=True
    )
    description = TextValue(max_chars=MAX_TEXT_CHARS, load_default="")
    goals = ManyOf(GoalValue(), load_default=list)
    delivers_in = PlacesValue(load_default=list)
    mode = Word(words.MODES, load_default="either")
    gives = ManyOf(Word(words.GIVES), load_default=list)
    beneficiaries = ManyOf(Word(words.BENEFICIARIES), load_default=list)
    capacity = Inner(CapacityPart, load_default=lambda: CapacityPart().load({}))
    requires = TextValue(max_chars=5_000, load_default="")
    terms = Word(words.TERMS, load_default="free")
    available = Inner(PeriodPart, load_default=lambda: PeriodPart().load({}))
    strict = ManyOf(OneOf("goals", "beneficiaries", "gives"), load_default=list)
    contact = IdValue("the id of a contact", load_default=None)
    assured_on = DayValue(load_default=None)


class LocalityPart(LineSchema):
    text = TextValue(max_chars=MAX_TITLE_CHARS, load_default="")
    postcode = TextValue("a postcode", max_chars=20, load_default="")


class UnitsPart(LineSchema):
    amount = CountValue(at_least=1, load_default=1)
    unit = TextValue(max_chars=200, load_default="")


class EvidencePart(LineSchema):
    figure = TextValue(takes_numbers=True, load_default="")
    source = TextValue(load_default="")
    url = WebValue(load_default=None)


class NeedLine(LineSchema):
    id = IdValue(required=True)
    member = IdValue("the id of the member that has the need", required=True)
    title = TextValue(
        "what is needed in a few words", max_chars=MAX_TITLE_CHARS, one_line=True, required=True
    )
    description = TextValue(max_chars=MAX_TEXT_CHARS, load_default="")
    goals = ManyOf(GoalValue(), load_default=list)
    places = PlacesValue(load_default=list)
    locality = Inner(LocalityPart, load_default=lambda: LocalityPart().load({}))
    wants = ManyOf(Word(words.GIVES), load_default=list)
    beneficiaries = ManyOf(Word(words.BENEFICIARIES), load_default=list)
    partners = CountValue(at_least=1, load_default=1)
    units = Inner(UnitsPart, load_default=None)
    offers = ManyOf(Word(words.GIVES), load_default=list)
    budget = Word(words.BUDGET, load_default="none")
    welcomes_same_sector = FlagValue(load_default=False)
    urgency = Word(words.URGENCY, load_default="medium")
    by = DayValue(load_default=None)
    evidence = Inner(EvidencePart, load_default=None)
    strict = ManyOf(OneOf("goals", "beneficiaries", "wants"), load_default=list)
    contact = IdValue("the id of a contact", load_default=None)


class PartnershipLine(LineSchema):
    """Made elsewhere; on a need of the coalition, or on what `text` says."""

    need = IdValue("the id of a need", load_default=None)
    text = TextValue("what the partnership is about", load_default=None)
    members = ManyOf(IdValue("the id of a member"), at_least=2, required=True)
    state = OneOf("introduced", "active", load_default="introduced")
    since = DayValue(required=True)

    @validates_schema(skip_on_field_errors=True)
    def check_what(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data["need"] and not data["text"]:
            raise ValidationError("is missing; name the need, or say in text what it is", "need")


SCHEMAS: dict[str, LineSchema] = {
    "member": MemberLine(),
    "contact": ContactLine(),
    "capability": CapabilityLine(),
    "need": NeedLine(),
    "partnership": PartnershipLine(),
}
