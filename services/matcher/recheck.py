"""The hard rules asked again about one match: at approval, before asking, at the introduction.

Always from the database as this transaction sees it, never from an index that may be behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from services.matcher.domain import capacity
from services.matcher.domain.matches import Match
from services.matcher.proposing.as_scored import (
    State,
    capability_of,
    conflicts_of,
    member_of,
    need_of,
)
from services.matcher.proposing.standing import capacity_left_of, places_left_of, published_at
from services.matcher.scoring.index import Model
from services.matcher.scoring.results import PairState, Refusal
from services.matcher.store import known

SPENT_RULES = ("no_capacity", "no_partner_place")


@dataclass(frozen=True, slots=True)
class Sides:
    """The listings and members of a match as they are now."""

    need: State
    capabilities: tuple[State, ...]
    members: Mapping[str, State]


def rules_against(
    connection: Connection, model: Model, match: Match, now: datetime
) -> Refusal | None:
    """The first rule that refuses the match today, or None. What the match holds itself is not
    counted against it, nor is its own pair cooling off.
    """
    if match.origin == "elsewhere":
        return None
    sides = sides_of(connection, match)
    if isinstance(sides, Refusal):
        return sides
    changed = _material_change(match, sides)
    return (
        changed
        or _pairwise(connection, model, match, sides, now)
        or _among_suppliers(connection, sides, now.date())
    )


def sides_of(connection: Connection, match: Match) -> Sides | Refusal:
    """What is not there any more is a refusal in the words of the rule that it breaks."""
    need = known.need_state(connection, match.need_id)
    capabilities = [known.capability_state(connection, one) for one in match.capability_ids]
    found = [state for state in (need, *capabilities) if state is not None]
    if need is None or len(found) != 1 + len(capabilities):
        return Refusal("not_published", "One of the listings is not there any more.")
    ids = sorted({str(state["member_id"]) for state in found})
    members = {one: known.member_state(connection, one) for one in ids}
    there = {one: state for one, state in members.items() if state is not None}
    if len(there) != len(ids):
        return Refusal("paused", "One of the members has left the coalition.")
    return Sides(need, tuple(found[1:]), there)


def cannot_be_asked(connection: Connection, match: Match) -> str | None:
    """The name of a party that may be proposed but not asked yet (invited), if there is one."""
    for party in match.parties:
        state = known.member_state(connection, party.member_id)
        if party.necessary and (state is None or not state["can_be_asked"]):
            return party.name
    return None


def _material_change(match: Match, sides: Sides) -> Refusal | None:
    pairs: list[tuple[int, int | None]] = [(sides.need["material_version"], match.versions.need)]
    pairs += [
        (state["material_version"], match.versions.capabilities.get(state["capability_id"]))
        for state in sides.capabilities
    ]
    if all(now == then for now, then in pairs):
        return None
    text = "What is needed or offered has changed since this was proposed."
    return Refusal("listing_changed", text)


def _pairwise(
    connection: Connection, model: Model, match: Match, sides: Sides, now: datetime
) -> Refusal | None:
    """A coalition of just these parties, asked pair by pair."""
    declared = known.conflicts_of(connection, sides.members)
    state = PairState(
        capacity_left={
            one["capability_id"]: max(0, _capacity_left(connection, match, one, now))
            for one in sides.capabilities
        },
        places_left={match.need_id: max(0, _places_left(connection, match, sides))},
        conflicts={member: conflicts_of(entries) for member, entries in declared.items()},
    )
    index = model.build(
        [member_of(one) for one in sides.members.values()],
        [capability_of(one) for one in sides.capabilities],
        [need_of(sides.need)],
        now.date(),
        state,
    )
    for capability_id in match.capability_ids:
        refusal = index.refusal_of(match.need_id, capability_id)
        if refusal is not None:
            return refusal
    return None


def _capacity_left(connection: Connection, match: Match, one: State, now: datetime) -> int:
    return capacity_left_of(
        connection,
        one["capability_id"],
        capability_of(one).capacity,
        published_at(one),
        now,
        without=match.match_id,
    )


def _places_left(connection: Connection, match: Match, sides: Sides) -> int:
    return places_left_of(connection, match.need_id, sides.need["partners"], without=match.match_id)


def _among_suppliers(connection: Connection, sides: Sides, day: date) -> Refusal | None:
    """Conflicts hold among all parties: between two suppliers of a consortium too."""
    members = [sides.members[one["member_id"]] for one in sides.capabilities]
    declared = known.conflicts_of(connection, sides.members)
    for one in members:
        for conflict in conflicts_of(declared.get(one["member_id"], [])):
            for other in members:
                same = conflict.member == other["member_id"] or conflict.sector == other["sector"]
                if other["member_id"] != one["member_id"] and same and conflict.holds_on(day):
                    return Refusal("conflict", "Two of the members may not be matched: conflict.")
    return None


def amounts_taken(sides: Sides) -> dict[str, int]:
    """Units of each capability that a match of these would take."""
    need = need_of(sides.need)
    return {
        one["capability_id"]: capacity.units_of(need, capability_of(one))
        for one in sides.capabilities
    }
