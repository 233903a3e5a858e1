"""Members and listings as the two tables that rules and scores are computed from (stages 1 and 2).

Keeps the tables equal to what a build from nothing would give, whatever changed in what order.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from services.matcher.domain.entities import Capability, Conflict, Member, Need
from services.matcher.scoring.priority import DistrictPriority, Priorities
from services.matcher.scoring.represent import GOAL_COLUMNS, Representer, profile_of
from services.matcher.scoring.results import PairState
from services.matcher.scoring.rules import CONFIRMED_DAYS, NEVER_CONFIRMED, Situation
from services.matcher.scoring.tables import Fact, Row, Table
from shared.reference.vocabulary import BENEFICIARIES, GIVES

Listing = Capability | Need
FIRST_DAY, LAST_DAY = 0, date.max.toordinal()
OPEN_MEMBER = ("invited", "active")


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
        self.state = state
        self.confirmed_days = confirmed_days
        self.priorities = priorities or Priorities()
        self.members: dict[str, Member] = {}
        self.capabilities: dict[str, Capability] = {}
        self.needs: dict[str, Need] = {}
        self.capability_table = self._empty_table()
        self.need_table = self._empty_table()
        self._numbers: dict[tuple[str, str], int] = {}
        self._against: Mapping[int, frozenset[int]] | None = None

    def put_members(self, members: Iterable[Member]) -> None:
        """Their listings are represented again where sector, status or places changed."""
        changed = [one for one in members if self.members.get(one.id) != one]
        self.members.update({one.id: one for one in changed})
        self._against = None
        self._represent(self.listings_of({one.id for one in changed}))

    def put(self, listings: Iterable[Listing]) -> None:
        fresh = list(listings)
        for one in fresh:
            if isinstance(one, Need):
                self.needs[one.id] = one
            else:
                self.capabilities[one.id] = one
        self._represent(fresh)

    def remove_member(self, member_id: str) -> None:
        self.members.pop(member_id, None)
        self._against = None
        for one in self.listings_of({member_id}):
            self._table_of(one).drop(one.id)

    def remove_capability(self, capability_id: str) -> None:
        self.capabilities.pop(capability_id, None)
        self.capability_table.drop(capability_id)

    def remove_need(self, need_id: str) -> None:
        self.needs.pop(need_id, None)
        self.need_table.drop(need_id)

    def set_state(self, state: PairState) -> None:
        before, self.state = self.state, state
        self._against = None
        moved = {who for who in {*before.load, *state.load}
                 if before.load.get(who) != state.load.get(who)}  # fmt: skip
        counted = {*before.capacity_left, *state.capacity_left, *before.places_left,
                   *state.places_left}  # fmt: skip
        named = [one for one in self._all() if one.id in counted]
        for one in (*named, *self.listings_of(moved)):
            table = self._table_of(one)
            if one.id in table.row_of:
                table.set_fact("left", one.id, self._left(one))
                table.set_fact("load", one.id, state.load.get(one.member_id, 0))

    def set_priorities(self, priorities: Priorities) -> None:
        self.priorities = priorities
        for name in self.need_table.row_of:
            self.need_table.set_fact("priority", name, self._priority(self.needs[name]))

    def priority_of(self, need: Need) -> DistrictPriority | None:
        """Of the worst-off district of the need's places; its member's where it names none."""
        codes = need.places or self.members[need.member_id].places
        return self.priorities.of_places(self.representer.places, codes)

    def set_as_of(self, day: date) -> None:
        self.as_of = day
        self._against = None

    def listings_of(self, member_ids: set[str]) -> list[Listing]:
        return [one for one in self._all() if one.member_id in member_ids]

    def situation(self, need_rows: Row, columns: Row | None = None) -> Situation:
        """What the rules need for a block; pairs cooling off are told by place in the block."""
        needs = {self.need_table.ids[row]: place for place, row in enumerate(need_rows.tolist())}
        offered = self.capability_table.row_of
        if columns is not None:
            ids = [self.capability_table.ids[row] for row in columns.tolist()]
            offered = {name: place for place, name in enumerate(ids)}
        cooling: dict[int, list[int]] = {}
        for need_id, capability_id in self.state.cooling:
            if need_id in needs and capability_id in offered:
                cooling.setdefault(needs[need_id], []).append(offered[capability_id])
        return Situation(self.as_of.toordinal(), self._conflicts(), cooling, self.confirmed_days)

    def _all(self) -> list[Listing]:
        return [*self.capabilities.values(), *self.needs.values()]

    def _empty_table(self) -> Table:
        made = self.representer
        return Table(made.width, made.n_districts, 6)

    def _table_of(self, listing: Listing) -> Table:
        return self.need_table if isinstance(listing, Need) else self.capability_table

    def _represent(self, listings: Iterable[Listing]) -> None:
        known = []
        for one in listings:
            if one.member_id in self.members:
                known.append(one)
            else:
                self._table_of(one).drop(one.id)
        profiles = [profile_of(one, self.members[one.member_id]) for one in known]
        for one, made in zip(known, self.representer.represent(profiles), strict=True):
            self._table_of(one).put(one.id, made, self._fact(one))
        self._pack()

    def _pack(self) -> None:
        """Write the tables anew once more rows are crossed out than alive."""
        if self.need_table.crossed_out() > 64 + len(self.needs):
            self.need_table = self.need_table.packed(self._empty_table())
        if self.capability_table.crossed_out() > 64 + len(self.capabilities):
            self.capability_table = self.capability_table.packed(self._empty_table())

    def _fact(self, one: Listing) -> Fact:
        member = self.members[one.member_id]
        is_need = isinstance(one, Need)
        places = one.places if isinstance(one, Need) else one.delivers_in
        kinds = one.wants if isinstance(one, Need) else one.gives
        first = None if isinstance(one, Need) else one.available_from
        last = one.by if isinstance(one, Need) else one.available_until
        return Fact(
            member=self._number("member", member.id),
            sector=self._number("sector", member.sector),
            member_open=member.status in OPEN_MEMBER,
            published=one.status == "published",
            exempt=one.welcomes_same_sector if isinstance(one, Need) else one.mode == "remote",
            place_stated=bool(places or member.places),
            left=self._left(one),
            first_day=first.toordinal() if first else FIRST_DAY,
            last_day=last.toordinal() if last else LAST_DAY,
            confirmed_day=one.confirmed_at.date().toordinal()
            if one.confirmed_at
            else NEVER_CONFIRMED,
            load=self.state.load.get(member.id, 0),
            priority=self._priority(one),
            goals=_bits(goal - 1 for goal in one.goals if 0 < goal <= GOAL_COLUMNS),
            beneficiaries=_bits(
                BENEFICIARIES.ids.index(group)
                for group in one.beneficiaries
                if group in BENEFICIARIES
            ),
            help=_bits(GIVES.ids.index(kind) for kind in kinds if kind in GIVES),
            strict_goals="goals" in one.strict,
            strict_beneficiaries="beneficiaries" in one.strict,
            strict_help=("wants" if is_need else "gives") in one.strict,
        )

    def _left(self, one: Listing) -> int:
        if isinstance(one, Need):
            left = self.state.places_left.get(one.id, one.partners)
        else:
            left = self.state.capacity_left.get(one.id, one.capacity.amount)
        return int(np.clip(left, -1, 1 << 40))

    def _priority(self, one: Listing) -> float:
        found = self.priority_of(one) if isinstance(one, Need) else None
        return found.priority if found else float("nan")

    def _number(self, kind: str, name: str) -> int:
        return self._numbers.setdefault((kind, name), len(self._numbers))

    def _conflicts(self) -> Mapping[int, frozenset[int]]:
        """Who may not meet whom on the date, both ways, as member numbers."""
        if self._against is None:
            against: dict[int, set[int]] = {}
            for one in self.members.values():
                told = (*one.conflicts, *self.state.conflicts.get(one.id, ()))
                barred = {other for entry in told if entry.holds_on(self.as_of)
                          for other in self._named(entry)}  # fmt: skip
                for other in barred - {one.id}:
                    pair = self._number("member", one.id), self._number("member", other)
                    against.setdefault(pair[0], set()).add(pair[1])
                    against.setdefault(pair[1], set()).add(pair[0])
            self._against = {number: frozenset(barred) for number, barred in against.items()}
        return self._against

    def _named(self, conflict: Conflict) -> set[str]:
        named = {conflict.member} if conflict.member in self.members else set()
        if conflict.sector:
            named |= {one.id for one in self.members.values() if one.sector == conflict.sector}
        return {name for name in named if name}


def texts_of(members: Mapping[str, Member], listings: Iterable[Listing]) -> list[str]:
    """What is read of the listings whose member is known."""
    known = (one for one in listings if one.member_id in members)
    return [profile_of(one, members[one.member_id]).text for one in known]


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits
