"""The smallest change by either side that would make a pair a match (stage 7 of matching).

Every combination of up to `together` changes of `changes_of` is put to the real rules and the
real scorer, on copies. Smallest means: fewest changes, of those the least cost, then by key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any

from services.matcher.domain.entities import Member
from services.matcher.scoring.market.priority import Priorities
from services.matcher.scoring.reasons.changes import Change, Sides, applied, changes_of
from services.matcher.scoring.results import PairState

if TYPE_CHECKING:
    from services.matcher.scoring.index import Model

TOGETHER = 2
"""At most so many changes are asked for at once: nobody acts on a longer list."""

FIXED = ("same_member", "conflict", "cooling_off")
"""Rules that no change of a listing lifts."""

_BY_ID = ("capacity_left", "places_left", "conflicts", "load")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a pair meets besides its own: the model, the day, what has happened, official figures."""

    model: "Model"
    day: date
    state: PairState
    priorities: Priorities


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What would have to change, and the score the pair then has.

    `cost` adds up the costs of the changes; `sides` is the pair as it would be.
    """

    changes: tuple[Change, ...]
    score: float
    sides: Sides

    @property
    def cost(self) -> int:
        return sum(change.cost for change in self.changes)


@dataclass(frozen=True, slots=True)
class _Variant:
    """One side of the pair after some changes of its own."""

    changes: tuple[Change, ...]
    sides: Sides


def smallest_change(
    around: Circumstances, sides: Sides, least: float, *, together: int = TOGETHER
) -> Counterfactual | None:
    """The smallest change after which no rule refuses the pair and it scores `least` or more.

    None where there is none among the combinations looked at, or where the pair is a match as it
    is. The state is that of the coalition; of it only what concerns the pair is read.
    """
    if sides.needing.id == sides.bringing.id:
        return None
    own = changes_of(
        sides,
        around.day,
        around.model.representer.suggester.exchange.asked(sides.capability.requires),
    )
    of_need = [change for change in own if change.side == "need"]
    of_offer = [change for change in own if change.side == "capability"]
    try_out = _Trial(around, sides)
    if not try_out.could_be_allowed(own):
        return None
    for count in range(together + 1):
        best: Counterfactual | None = None
        for share in range(count + 1):
            needs = _variants(sides, of_need, share)
            offers = _variants(sides, of_offer, count - share)
            for one in try_out.matches(needs, offers, least):
                if best is None or _size(one) < _size(best):
                    best = one
        if best is not None:
            return best if count else None
    return None


def _size(found: Counterfactual) -> tuple[int, int, list[tuple[str, str, str]]]:
    return len(found.changes), found.cost, sorted(change.key for change in found.changes)


def _variants(sides: Sides, changes: Sequence[Change], count: int) -> list[_Variant]:
    return [_Variant(some, applied(sides, some)) for some in combinations(changes, count)]


class _Trial:
    """Puts changed copies to the model. A block of them shares one index, which is far quicker
    than one each; they meet as listings of their own, so none can influence another.
    """

    def __init__(self, around: Circumstances, sides: Sides) -> None:
        self._around = around
        self._state = _of_pair(around.state, sides)
        self._sides = sides

    def could_be_allowed(self, changes: Sequence[Change]) -> bool:
        """Whether any rule would be left after all changes together. No change makes a rule
        refuse what it did not refuse before, so a rule that is left then is left after fewer.
        """
        whole = _Variant((), applied(self._sides, changes))
        return any(True for _ in self.matches([whole], [whole], 0.0))

    def matches(
        self, needs: Sequence[_Variant], offers: Sequence[_Variant], least: float
    ) -> Iterator[Counterfactual]:
        for some_needs in _by_member(needs, lambda one: one.sides.needing):
            for some_offers in _by_member(offers, lambda one: one.sides.bringing):
                yield from self._allowed(some_needs, some_offers, least)

    def _allowed(
        self, needs: Sequence[_Variant], offers: Sequence[_Variant], least: float
    ) -> Iterator[Counterfactual]:
        by_need = {f"{one.sides.need.id}~{n}": one for n, one in enumerate(needs)}
        by_offer = {f"{one.sides.capability.id}~{n}": one for n, one in enumerate(offers)}
        index = self._around.model.build(
            _members(needs[0].sides.needing, offers[0].sides.bringing),
            [replace(one.sides.capability, id=id_) for id_, one in by_offer.items()],
            [replace(one.sides.need, id=id_) for id_, one in by_need.items()],
            self._around.day,
            self._spread(by_need, by_offer),
            self._around.priorities,
        )
        for need_id, found in index.rated_for_all(list(by_need), len(by_offer)).items():
            for rated in found:
                if rated.score >= least:
                    need, offer = by_need[need_id], by_offer[rated.capability_id]
                    yield Counterfactual(
                        (*need.changes, *offer.changes), rated.score, _joined(need, offer)
                    )

    def _spread(self, needs: Mapping[str, _Variant], offers: Mapping[str, _Variant]) -> PairState:
        """What holds of a listing holds of its copies, whatever the state comes to hold."""
        spread: dict[str, Any] = {}
        for entry in fields(PairState):
            value = getattr(self._state, entry.name)
            if isinstance(value, Mapping):
                copies = {copy: value[self._sides.need.id] for copy in needs
                          if self._sides.need.id in value}  # fmt: skip
                copies |= {copy: value[self._sides.capability.id] for copy in offers
                           if self._sides.capability.id in value}  # fmt: skip
                spread[entry.name] = {**value, **copies}
        if self._state.cooling:
            spread["cooling"] = frozenset((need, offer) for need in needs for offer in offers)
        left = {copy: one.sides.capacity_left for copy, one in offers.items()}
        places = {copy: one.sides.places_left for copy, one in needs.items()}
        spread |= {"capacity_left": left, "places_left": places}
        return replace(self._state, **spread)


def _of_pair(state: PairState, sides: Sides) -> PairState:
    """The state without what concerns others, which would only cost time."""
    pair = (sides.need.id, sides.capability.id)
    names = {*pair, sides.needing.id, sides.bringing.id}
    kept: dict[str, Any] = {}
    for field in _BY_ID:
        value = getattr(state, field)
        kept[field] = {name: value[name] for name in names if name in value}
    return replace(state, **kept, cooling=state.cooling & {pair})


def _by_member(
    variants: Sequence[_Variant], member: Callable[[_Variant], Member]
) -> list[list[_Variant]]:
    """An index knows a member in one status only."""
    found: dict[str, list[_Variant]] = {}
    for one in variants:
        found.setdefault(member(one).status, []).append(one)
    return list(found.values())


def _members(needing: Member, bringing: Member) -> list[Member]:
    return [needing] if needing.id == bringing.id else [needing, bringing]


def _joined(need: _Variant, offer: _Variant) -> Sides:
    return replace(
        need.sides,
        capability=offer.sides.capability,
        bringing=offer.sides.bringing,
        capacity_left=offer.sides.capacity_left,
    )
