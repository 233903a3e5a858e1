"""Who may not meet whom: declared conflicts, kept up with every change of a member (stage 2)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from services.matcher.domain.entities import Conflict, Member

Number = Callable[[str], int]
"""The number of a member's id."""


class Against:
    """Conflicts of members by their number, both ways, as of a date.

    Costs what there is of conflicts, not what there is of members.
    """

    def __init__(self, number_of: Number) -> None:
        self._number_of = number_of
        self._members: dict[str, Member] = {}
        self._of_sector: dict[str, set[str]] = {}
        self._declared: dict[str, tuple[Conflict, ...]] = {}
        self._elsewhere: Mapping[str, tuple[Conflict, ...]] = {}
        self._found: Mapping[int, frozenset[int]] | None = None

    def put(self, member: Member) -> None:
        before = self._members.get(member.id)
        if before is not None and _same(before, member):
            self._members[member.id] = member
            return
        self.remove(member.id)
        self._members[member.id] = member
        self._of_sector.setdefault(member.sector, set()).add(member.id)
        if member.conflicts:
            self._declared[member.id] = member.conflicts
        self._found = None

    def remove(self, member_id: str) -> None:
        before = self._members.pop(member_id, None)
        if before is not None:
            self._of_sector[before.sector].discard(member_id)
            self._declared.pop(member_id, None)
            self._found = None

    def tell(self, elsewhere: Mapping[str, tuple[Conflict, ...]]) -> None:
        """Conflicts beside those written on the members."""
        if elsewhere != self._elsewhere:
            self._elsewhere = elsewhere
            self._found = None

    def forget_day(self) -> None:
        self._found = None

    def on(self, day: date) -> Mapping[int, frozenset[int]]:
        """By member number, the numbers of members it may not be matched with."""
        if self._found is None:
            against: dict[int, set[int]] = {}
            for one in {*self._declared, *self._elsewhere} & self._members.keys():
                told = (*self._declared.get(one, ()), *self._elsewhere.get(one, ()))
                for other in self._named(told, day) - {one}:
                    pair = self._number_of(one), self._number_of(other)
                    against.setdefault(pair[0], set()).add(pair[1])
                    against.setdefault(pair[1], set()).add(pair[0])
            self._found = {number: frozenset(barred) for number, barred in against.items()}
        return self._found

    def _named(self, told: Iterable[Conflict], day: date) -> set[str]:
        named: set[str] = set()
        for conflict in told:
            if conflict.holds_on(day):
                if conflict.member in self._members:
                    named.add(str(conflict.member))
                if conflict.sector:
                    named |= self._of_sector.get(conflict.sector, set())
        return named


def _same(one: Member, other: Member) -> bool:
    return one.sector == other.sector and one.conflicts == other.conflicts


class Cooling:
    """Pairs that are cooling off, by either side."""

    def __init__(self) -> None:
        self._pairs: frozenset[tuple[str, str]] = frozenset()
        self._of_need: dict[str, frozenset[str]] = {}
        self._of_capability: dict[str, frozenset[str]] = {}

    def tell(self, pairs: frozenset[tuple[str, str]]) -> set[str]:
        """Take these in place of those before; the needs that have a new one."""
        fresh, gone = pairs - self._pairs, self._pairs - pairs
        self._pairs = pairs
        for need_id, capability_id in gone:
            _leave(self._of_need, need_id, capability_id)
            _leave(self._of_capability, capability_id, need_id)
        for need_id, capability_id in fresh:
            _join(self._of_need, need_id, capability_id)
            _join(self._of_capability, capability_id, need_id)
        return {need_id for need_id, _ in fresh}

    def of_need(self, need_id: str) -> frozenset[str]:
        return self._of_need.get(need_id, frozenset())

    def of_capability(self, capability_id: str) -> frozenset[str]:
        return self._of_capability.get(capability_id, frozenset())


def _join(sets: dict[str, frozenset[str]], key: str, entry: str) -> None:
    sets[key] = sets.get(key, frozenset()) | {entry}


def _leave(sets: dict[str, frozenset[str]], key: str, entry: str) -> None:
    left = sets[key] - {entry}
    if left:
        sets[key] = left
    else:
        del sets[key]
