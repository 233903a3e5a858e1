"""Members and listings as the two tables that rules and scores are computed from (stages 1 and 2).

Keeps the tables equal to what a build from nothing would give, whatever changed in what order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.learning.scorer import COSINES
from services.matcher.scoring.market.against import Against, Cooling
from services.matcher.scoring.market.areas import Areas
from services.matcher.scoring.market.facts import Listing, fact_of
from services.matcher.scoring.market.kept import Kept
from services.matcher.scoring.market.postings import Postings
from services.matcher.scoring.market.priority import DistrictPriority, Priorities
from services.matcher.scoring.market.rules import CONFIRMED_DAYS, Situation, alone
from services.matcher.scoring.market.scalars import (
    CAPABILITY_READINGS,
    NEED_READINGS,
    capability_readings,
    need_readings,
)
from services.matcher.scoring.market.sides import Apart
from services.matcher.scoring.market.tables import MEMBER, Fact, Row, Table
from services.matcher.scoring.results import PairState
from services.matcher.scoring.text.kept_rows import KeptRows
from services.matcher.scoring.text.profiles import profile_of
from services.matcher.scoring.text.represent import Representer


class Market:
    """Who is there and what is listed; listings of a member not known yet wait for it."""

    def __init__(
        self,
        representer: Representer,
        as_of: date,
        state: PairState,
        confirmed_days: int = CONFIRMED_DAYS,
        priorities: Priorities | None = None,
    ) -> None:
        self.representer = representer
        self.as_of = as_of
        self.state = PairState()
        self.confirmed_days = confirmed_days
        self.priorities = priorities or Priorities()
        self.members: dict[str, Member] = {}
        self.capabilities: dict[str, Capability] = {}
        self.needs: dict[str, Need] = {}
        self.areas = Areas(representer.n_districts)
        self.need_table = self._empty_table(len(NEED_READINGS), offers=False)
        self.capability_table = self._empty_table(len(CAPABILITY_READINGS), offers=True)
        self.need_words, self.capability_words = Postings(), Postings()
        self.kept = Kept()
        self._listed_by: dict[str, dict[tuple[bool, str], Listing]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._against = Against(lambda name: self._number("member", name))
        self._cooling = Cooling()
        self.set_state(state)

    def put_members(self, members: Iterable[Member], rows: KeptRows | None = None) -> None:
        """Their listings are represented again where sector, status or places changed."""
        newest = {one.id: one for one in members}
        changed = [one for name, one in newest.items() if self.members.get(name) != one]
        before = self._against.on(self.as_of)
        for one in changed:
            self.members[one.id] = one
            self._against.put(one)
        self._forget_conflicts(before)
        self._represent(self.listings_of({one.id for one in changed}), rows)

    def put(self, listings: Iterable[Listing], rows: KeptRows | None = None) -> None:
        fresh = list(listings)
        for one in fresh:
            known: dict[str, Any] = self.needs if isinstance(one, Need) else self.capabilities
            self._unlist(known.get(one.id))
            known[one.id] = one
            key = isinstance(one, Need), one.id
            self._listed_by.setdefault(one.member_id, {})[key] = one
        self._represent(fresh, rows)

    def remove_member(self, member_id: str) -> None:
        self.members.pop(member_id, None)
        before = self._against.on(self.as_of)
        self._against.remove(member_id)
        self._forget_conflicts(before)
        self._drop(self.listings_of({member_id}))

    def remove_capability(self, capability_id: str) -> None:
        self._remove(self.capabilities.pop(capability_id, None))

    def remove_need(self, need_id: str) -> None:
        self._remove(self.needs.pop(need_id, None))

    def set_state(self, state: PairState) -> None:
        """Only listings of which something was counted differently are touched."""
        before, self.state = self.state, state
        conflicts = self._against.on(self.as_of)
        self._against.tell(state.conflicts)
        self._forget_conflicts(conflicts)
        fresh = self._cooling.tell(state.cooling)
        rows = [self.need_table.row_of[one] for one in fresh if one in self.need_table.row_of]
        self.kept.forget_needs(np.array(rows, dtype=np.intp))
        for one in self._counted_differently(before, state):
            table = self._table_of(one)
            row = table.row_of.get(one.id)
            if row is not None:
                table.set_fact("left", row, self._left(one))
                table.set_fact("load", row, state.load.get(one.member_id, 0))
                self._judge(table, np.array([row], dtype=np.intp))

    def set_priorities(self, priorities: Priorities) -> None:
        self.priorities = priorities
        self.kept.clear()
        for name, row in self.need_table.row_of.items():
            self.need_table.set_fact("priority", row, self._priority(self.needs[name]))
        self._judge(self.need_table, np.flatnonzero(self.need_table.alive))

    def priority_of(self, need: Need) -> DistrictPriority | None:
        """Of the worst-off district of the need's places; its member's where it names none."""
        codes = need.places or self.members[need.member_id].places
        return self.priorities.of_places(self.representer.places, codes)

    def set_as_of(self, day: date) -> None:
        if day != self.as_of:
            self.as_of = day
            self._against.forget_day()
            self.kept.clear()
            for table in (self.need_table, self.capability_table):
                self._judge(table, np.flatnonzero(table.alive))

    def listings_of(self, member_ids: set[str]) -> list[Listing]:
        return [
            one for name in sorted(member_ids) for one in self._listed_by.get(name, {}).values()
        ]

    def situation(self, need_rows: Row, columns: Row | None = None) -> Situation:
        """What the rules need for a block; pairs cooling off are told by place in the block."""
        offered = self.capability_table.row_of
        if columns is not None:
            ids = [self.capability_table.ids[row] for row in columns.tolist()]
            offered = {name: place for place, name in enumerate(ids)}
        cooling: dict[int, list[int]] = {}
        for place, row in enumerate(need_rows.tolist()):
            apart = self._cooling.of_need(self.need_table.ids[row])
            if found := [offered[one] for one in apart if one in offered]:
                cooling[place] = found
        against = self._against.on(self.as_of)
        return Situation(self.as_of.toordinal(), against, cooling, self.confirmed_days)

    def apart(self, need_rows: Row) -> Apart:
        """Conflicts and pairs cooling off of these needs, for compiled code."""
        offered, needs = self.capability_table.row_of, self.need_table
        named = [self._cooling.of_need(needs.ids[row]) for row in need_rows.tolist()]
        return self._apart(needs.rules[need_rows, MEMBER].tolist(), named, offered)

    def apart_from(self, capability_row: int) -> Apart:
        """The same of one capability."""
        table = self.capability_table
        named = self._cooling.of_capability(table.ids[capability_row])
        member = int(table.rules[capability_row, MEMBER])
        return self._apart([member], [named], self.need_table.row_of)

    def nbytes(self) -> int:
        """Bytes of the arrays of both tables and of what is kept beside them."""
        parts = (self.need_table, self.capability_table, self.need_words, self.capability_words,
                 self.kept)  # fmt: skip
        return sum(part.nbytes() for part in parts)

    def _apart(
        self, members: list[int], named: list[frozenset[str]], row_of: Mapping[str, int]
    ) -> Apart:
        against = self._against.on(self.as_of)
        barred = [sorted(against.get(member, ())) for member in members]
        rows = [sorted(row_of[one] for one in names if one in row_of) if names else ()
                for names in named]  # fmt: skip
        return Apart(*_laid_out(barred), *_laid_out(rows))

    def _counted_differently(self, before: PairState, state: PairState) -> list[Listing]:
        moved = _changed(before.load, state.load)
        capabilities = _changed(before.capacity_left, state.capacity_left)
        needs = _changed(before.places_left, state.places_left)
        named: list[Listing] = [self.capabilities[one] for one in capabilities
                                if one in self.capabilities]  # fmt: skip
        named += [self.needs[one] for one in needs if one in self.needs]
        return [*named, *self.listings_of(moved)]

    def _forget_conflicts(self, before: Mapping[int, frozenset[int]]) -> None:
        """Lists may have lost somebody where a conflict is new; such a change is rare."""
        if self._against.on(self.as_of) != before:
            self.kept.clear()

    def _empty_table(self, n_readings: int, *, offers: bool) -> Table:
        shape = len(COSINES), n_readings
        return Table(self.representer.width, self.areas, shape, offers=offers)

    def _table_of(self, listing: Listing) -> Table:
        return self.need_table if isinstance(listing, Need) else self.capability_table

    def _unlist(self, listing: Listing | None) -> None:
        if listing is not None:
            listed = self._listed_by[listing.member_id]
            del listed[isinstance(listing, Need), listing.id]
            if not listed:
                del self._listed_by[listing.member_id]

    def _remove(self, listing: Listing | None) -> None:
        if listing is not None:
            self._unlist(listing)
            self._drop([listing])

    def _drop(self, listings: Iterable[Listing]) -> None:
        """Cross out their rows; lists that had one of these capabilities are forgotten."""
        gone = []
        for one in listings:
            row = self._table_of(one).drop(one.id)
            if row is not None and isinstance(one, Capability):
                gone.append(row)
        self.kept.forget(np.array(gone, dtype=np.intp), len(self.capability_table))

    def _represent(self, listings: Iterable[Listing], rows: KeptRows | None) -> None:
        newest = {(isinstance(one, Need), one.id): one for one in listings}
        self._drop(newest.values())
        known = [one for one in newest.values() if one.member_id in self.members]
        profiles = [profile_of(one, self.members[one.member_id]) for one in known]
        made = self.representer.represent(profiles, rows)
        for table in (self.need_table, self.capability_table):
            places = [at for at, one in enumerate(known) if self._table_of(one) is table]
            first = len(table)
            table.put(
                [known[at].id for at in places],
                [made[at] for at in places],
                [self._fact(known[at]) for at in places],
            )
            self._judge(table, np.arange(first, len(table)))
        self._pack()

    def _judge(self, table: Table, rows: Row) -> None:
        """Write what listings come to by themselves on the day: rules broken, numbers in scores."""
        if not len(rows):
            return
        day = self.as_of.toordinal()
        facts = table.facts.take(rows)
        is_needs = table is self.need_table
        spent = "no_partner_place" if is_needs else "no_capacity"
        situation = Situation(day, confirmed_days=self.confirmed_days)
        table.sound[rows] = table.alive[rows] & (alone(facts, situation, spent) == 0)
        read = need_readings if is_needs else capability_readings
        table.readings[rows] = read(facts, day)
        if not is_needs:
            self.kept.forget(rows, len(table))

    def _pack(self) -> None:
        """Write the tables anew once more rows are crossed out than alive."""
        if self.need_table.crossed_out() > 64 + len(self.needs):
            self.need_table = self.need_table.packed()
            self.need_words, self.kept = Postings(), Kept()
        if self.capability_table.crossed_out() > 64 + len(self.capabilities):
            self.capability_table = self.capability_table.packed()
            self.capability_words, self.kept = Postings(), Kept()

    def _fact(self, one: Listing) -> Fact:
        member = self.members[one.member_id]
        numbers = self._number("member", member.id), self._number("sector", member.sector)
        load = self.state.load.get(member.id, 0)
        return fact_of(one, member, numbers, self._left(one), load, self._priority(one))

    def _left(self, one: Listing) -> int:
        if isinstance(one, Need):
            left = self.state.places_left.get(one.id, one.partners)
        else:
            left = self.state.capacity_left.get(one.id, one.capacity.amount)
        return max(-1, min(left, 1 << 40))

    def _priority(self, one: Listing) -> float:
        found = self.priority_of(one) if isinstance(one, Need) else None
        return found.priority if found else float("nan")

    def _number(self, kind: str, name: str) -> int:
        return self._numbers.setdefault((kind, name), len(self._numbers))


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _laid_out(lists: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each list ends, beginning with 0, and all of them end to end."""
    if not any(lists):
        return np.zeros(len(lists) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ends = np.cumsum([0, *(len(one) for one in lists)], dtype=np.int64)
    return ends, np.array([entry for one in lists for entry in one], dtype=np.int64)
