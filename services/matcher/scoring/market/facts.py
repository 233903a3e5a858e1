"""A listing as the rules read it: everything about it that is no text (stage 2)."""

from collections.abc import Iterable, Mapping
from datetime import date

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.market.rules import NEVER_CONFIRMED
from services.matcher.scoring.market.tables import Fact
from services.matcher.scoring.text.fields import GOAL_COLUMNS
from services.matcher.scoring.text.profiles import profile_of
from shared.reference.vocabulary import BENEFICIARIES, GIVES

Listing = Capability | Need
FIRST_DAY, LAST_DAY = 0, date.max.toordinal()
OPEN_MEMBER = ("invited", "active")


def fact_of(
    one: Listing, member: Member, numbers: tuple[int, int], left: int, load: int, priority: float
) -> Fact:
    """`numbers` are those of the member and of its sector."""
    is_need = isinstance(one, Need)
    places = one.places if isinstance(one, Need) else one.delivers_in
    kinds = one.wants if isinstance(one, Need) else one.gives
    first = None if isinstance(one, Need) else one.available_from
    last = one.by if isinstance(one, Need) else one.available_until
    groups = [one for one in one.beneficiaries if one in BENEFICIARIES]
    return Fact(
        member=numbers[0],
        sector=numbers[1],
        member_open=member.status in OPEN_MEMBER,
        published=one.status == "published",
        exempt=one.welcomes_same_sector if isinstance(one, Need) else one.mode == "remote",
        place_stated=bool(places or member.places),
        left=left,
        first_day=first.toordinal() if first else FIRST_DAY,
        last_day=last.toordinal() if last else LAST_DAY,
        confirmed_day=one.confirmed_at.date().toordinal() if one.confirmed_at else NEVER_CONFIRMED,
        load=load,
        priority=priority,
        goals=_bits(goal - 1 for goal in one.goals if 0 < goal <= GOAL_COLUMNS),
        beneficiaries=_bits(BENEFICIARIES.ids.index(group) for group in groups),
        help=_bits(GIVES.ids.index(kind) for kind in kinds if kind in GIVES),
        strict_goals="goals" in one.strict,
        strict_beneficiaries="beneficiaries" in one.strict,
        strict_help=("wants" if is_need else "gives") in one.strict,
    )


def texts_of(members: Mapping[str, Member], listings: Iterable[Listing]) -> list[str]:
    """What is read of the listings whose member is known."""
    known = (one for one in listings if one.member_id in members)
    return [profile_of(one, members[one.member_id]).text for one in known]


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits
