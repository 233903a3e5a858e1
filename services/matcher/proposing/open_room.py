"""How many proposals suppliers and capabilities have open while an examination writes (step 8)."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from services.matcher.domain.assignment import InForce
from services.matcher.domain.plan import Key, Plan, Seat


class OpenRoom:
    """Counts what is open, so that nothing is opened before there is room for it.

    By need and capabilities: a consortium has a seat with each supplier and is one proposal.
    """

    def __init__(self, force: InForce, capacity_left: Callable[[str], int]) -> None:
        self._force = force
        self._capacity_left = capacity_left
        self._suppliers: dict[str, set[Key]] = defaultdict(set)
        self._capabilities: dict[str, set[Key]] = defaultdict(set)

    def add(self, seats: Iterable[Seat]) -> None:
        for seat in seats:
            self._suppliers[seat.supplier].add(seat.key)
            for one in seat.capability_ids:
                self._capabilities[one].add(seat.key)

    def remove(self, seat: Seat) -> None:
        self._suppliers[seat.supplier].discard(seat.key)
        for one in seat.capability_ids:
            self._capabilities[one].discard(seat.key)

    def of_capability(self, capability_id: str) -> int:
        """Proposals it may have open while a round is in force."""
        return self._capacity_left(capability_id) * self._force.per_place

    def in_the_way(self, plan: Plan, seat: Seat) -> list[Seat] | None:
        """What the plan has its supplier give up where there is no room for it; None: there is."""
        given_up = list(plan.given_up.get(seat.supplier, {}).values())
        if self._force.round_id is not None:
            for one in seat.capability_ids:
                if len(self._capabilities[one]) >= self.of_capability(one):
                    return [other for other in given_up if one in other.capability_ids]
        full = len(self._suppliers[seat.supplier]) >= self._force.per_member
        return given_up if full else None
