"""The hard rules, over whole blocks of pairs at once (stage 2 of matching).

A pair is refused by a set of rules, kept as bits; a person is told the first in the order below,
which goes from what no one can change to what time will change. Rules fail closed: a place code
that is not known matches nothing. Only a place nobody stated at all leaves the pair to a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.tables import Facts
from services.matcher.scoring.results import Refusal

RULES: dict[str, str] = {
    "same_member": "The need and the capability are the same member's.",
    "paused": "One of the two members is paused or has left the coalition.",
    "not_published": "One of the two listings is not published.",
    "same_sector": "Both members are of the same sector, and the need asks for another one.",
    "conflict": "The two members may not be matched: conflict.",
    "no_common_place": "The capability is not delivered in any place of the need.",
    "no_capacity": "The capability has no capacity left.",
    "no_partner_place": "The need has found all the partners it asked for.",
    "not_available": "The capability is not available on this date, or the need's date has passed.",
    "unconfirmed": "One of the two listings has not been confirmed for too long.",
    "cooling_off": "This pair was matched before and is cooling off.",
    "strict_goals": "One side accepts its own goals only, and the other shares none of them.",
    "strict_beneficiaries": "One side accepts its own groups only, and the other serves none.",
    "strict_help": "One side accepts its own kinds of help only, and the other has none of them.",
}
"""Every rule with its sentence, in the order in which a refusal is told."""

RULES_VERSION = "rules-1"
BIT = {rule: np.uint16(1 << place) for place, rule in enumerate(RULES)}
CONFIRMED_DAYS = 274
"""Nine months, after which an unconfirmed listing is not proposed unless a setting says other."""
NEVER_CONFIRMED = 0
"""The day of a listing whose confirmation is not tracked (a file): it does not go stale."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a block of pairs needs besides the listings.

    Parameters
    ----------
    day : ordinal of the date as of which the rules are read.
    against : by member number, the numbers of members it may not be matched with (both ways).
    cooling : by row of the need within the block, rows of the capabilities that are cooling off.
    confirmed_days : for how many days a confirmation holds.

    """

    day: int
    against: Mapping[int, frozenset[int]] = field(default_factory=dict)
    cooling: Mapping[int, list[int]] = field(default_factory=dict)
    confirmed_days: int = CONFIRMED_DAYS


def broken(
    needs: Facts, capabilities: Facts, common: NDArray[np.float32], situation: Situation
) -> NDArray[np.uint16]:
    """Bits of the rules that refuse each pair; 0 means the pair may be proposed.

    Parameters
    ----------
    needs
        Facts of n_needs needs.
    capabilities
        Facts of n_capabilities capabilities.
    common
        Shape (n_needs, n_capabilities), above 0 where a district is shared.
    situation
        Date, conflicts and pairs cooling off.

    Returns
    -------
    bits : shape (n_needs, n_capabilities), uint16, see `BIT`.

    """
    bits = alone(needs, situation, "no_partner_place")[:, None] | alone(
        capabilities, situation, "no_capacity"
    )
    same_member = needs.member[:, None] == capabilities.member
    bits |= same_member * BIT["same_member"]
    same_sector = (needs.sector[:, None] == capabilities.sector) & ~needs.exempt[:, None]
    bits |= same_sector * BIT["same_sector"]
    apart = (common <= 0) & ~capabilities.exempt
    apart &= needs.place_stated[:, None] & capabilities.place_stated
    bits |= apart * BIT["no_common_place"]
    for what in ("goals", "beneficiaries", "help"):
        _refuse_strict(bits, needs, capabilities, what)
    _refuse_conflicts(bits, needs, capabilities, situation)
    for row, columns in situation.cooling.items():
        bits[row, columns] |= BIT["cooling_off"]
    return bits


def alone(listings: Facts, situation: Situation, spent: str) -> NDArray[np.uint16]:
    """Bits of the rules that a listing breaks by itself, whatever it is paired with."""
    day = situation.day
    late = (listings.first_day > day) | (listings.last_day < day)
    stale = (listings.confirmed_day != NEVER_CONFIRMED) & (
        day - listings.confirmed_day > situation.confirmed_days
    )
    bits: NDArray[np.uint16] = (
        ~listings.member_open * BIT["paused"]
        | ~listings.published * BIT["not_published"]
        | (listings.left <= 0) * BIT[spent]
        | late * BIT["not_available"]
        | stale * BIT["unconfirmed"]
    )
    return bits


def _refuse_strict(bits: NDArray[np.uint16], needs: Facts, capabilities: Facts, what: str) -> None:
    """Where a side marked a field as strict, an overlap is asked; blank on the other side is none."""
    need_strict, capability_strict = (
        getattr(side, f"strict_{what}") for side in (needs, capabilities)
    )
    if not need_strict.any() and not capability_strict.any():
        return
    asked = need_strict[:, None] | capability_strict
    shared = getattr(needs, what)[:, None] & getattr(capabilities, what)
    bits |= (asked & (shared == 0)) * BIT[f"strict_{what}"]


def _refuse_conflicts(
    bits: NDArray[np.uint16], needs: Facts, capabilities: Facts, situation: Situation
) -> None:
    if not situation.against:
        return
    for row, member in enumerate(needs.member.tolist()):
        if barred := situation.against.get(member):
            bits[row, np.isin(capabilities.member, list(barred))] |= BIT["conflict"]


def refusal(bits: int) -> Refusal | None:
    """The first rule that refuses, in words; None where no bit is set."""
    for rule, text in RULES.items():
        if bits & int(BIT[rule]):
            return Refusal(rule, text)
    return None
