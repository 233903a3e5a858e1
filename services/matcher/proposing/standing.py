"""What has happened so far, as far as it decides who may still be proposed to whom.

Counted from records only (reservations, memory, matches beyond a proposal), never from proposals:
so the same records give the same answer, in whatever order proposals were made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from services.matcher.domain import capacity
from services.matcher.domain.entities import Capacity, Conflict, capacity_from
from services.matcher.domain.rounds import PairMemory, Versions
from services.matcher.proposing.as_scored import State, conflicts_of
from services.matcher.scoring.results import PairState
from services.matcher.store import tables as t
from services.matcher.store.memory import cooling_memories
from services.matcher.store.reservations import all_counting, counting
from services.matcher.store.under_way import (
    load_by_member,
    pairs_beyond_proposed,
    partners_elsewhere,
)
from shared.contracts.envelope import read_time


@dataclass(slots=True)
class Listed:
    """What counting needs to know of the listings; kept up with every change of one."""

    amounts: dict[str, tuple[Capacity, datetime | None]] = field(default_factory=dict)
    """By capability: its capacity, and when it was published."""
    partners: dict[str, int] = field(default_factory=dict)
    """By need: how many partners it wants."""
    versions: dict[str, int] = field(default_factory=dict)
    """Material version by need and capability id."""
    brought_by: dict[str, set[str]] = field(default_factory=dict)
    """Capability ids by member; `lacked_by`: need ids."""
    lacked_by: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, kind: str, id_: str, state: State) -> None:
        self.versions[id_] = state["material_version"]
        if kind == "need":
            self.partners[id_] = state["partners"]
            self.lacked_by.setdefault(state["member_id"], set()).add(id_)
        else:
            self.amounts[id_] = (capacity_from(state.get("capacity")), published_at(state))
            self.brought_by.setdefault(state["member_id"], set()).add(id_)

    def forget(self, kind: str, id_: str, state: State) -> None:
        self.versions.pop(id_, None)
        if kind == "need":
            self.partners.pop(id_, None)
            self.lacked_by.get(state["member_id"], set()).discard(id_)
        else:
            self.amounts.pop(id_, None)
            self.brought_by.get(state["member_id"], set()).discard(id_)


def pair_state(
    connection: Connection,
    listed: Listed,
    conflicts: Mapping[str, tuple[Conflict, ...]],
    now: datetime,
) -> PairState:
    return PairState(
        capacity_left=_capacity_left(connection, listed, now),
        places_left=_places_left(connection, listed),
        cooling=_kept_apart(connection, listed, now),
        conflicts=conflicts,
        load=load_by_member(connection),
    )


def capacity_left_of(
    connection: Connection,
    capability_id: str,
    amount: Capacity,
    published_at: datetime | None,
    now: datetime,
    *,
    without: str | None = None,
) -> int:
    """Units that may still be reserved; below zero where the member cut what was reserved."""
    held = counting(connection, capacity.CAPACITY, capability_id, without=without)
    return left_of(amount, published_at, held, now)


def left_of(
    amount: Capacity,
    published_at: datetime | None,
    held: Sequence[capacity.Reservation],
    now: datetime,
) -> int:
    """The same, of what is known to be held."""
    return amount.amount - capacity.taken(held, since=_since(amount, published_at, now))


def places_left_of(
    connection: Connection, need_id: str, partners: int, *, without: str | None = None
) -> int:
    held = counting(connection, capacity.PLACES, need_id, without=without)
    return partners - capacity.taken(held)


def declared_conflicts(connection: Connection) -> dict[str, tuple[Conflict, ...]]:
    rows = connection.execute(select(t.conflicts.c.member_id, t.conflicts.c.conflicts))
    return {row[0]: conflicts_of(row[1]) for row in rows if row[1]}


def cools(memory: PairMemory, versions: Mapping[str, int], now: datetime) -> bool:
    """Whether the pair is kept apart, given the material versions of the listings now."""
    ids = memory.capabilities.split("\n")
    known = Versions(
        versions.get(memory.need_id, 0), {one: versions.get(one, 0) for one in ids if one}
    )
    return memory.cools(now, known)


def published_at(state: State) -> datetime | None:
    value = state.get("published_at")
    return read_time(str(value)) if value else None


def _since(amount: Capacity, published: datetime | None, now: datetime) -> datetime | None:
    return capacity.period_start(published, now) if capacity.is_yearly(amount) else None


def _capacity_left(connection: Connection, listed: Listed, now: datetime) -> dict[str, int]:
    left = {}
    for capability_id, held in all_counting(connection, capacity.CAPACITY).items():
        if capability_id in listed.amounts:
            left[capability_id] = left_of(*listed.amounts[capability_id], held, now)
    return left


def _places_left(connection: Connection, listed: Listed) -> dict[str, int]:
    return {
        need_id: listed.partners[need_id] - capacity.taken(held)
        for need_id, held in all_counting(connection, capacity.PLACES).items()
        if need_id in listed.partners
    }


def _kept_apart(
    connection: Connection, listed: Listed, now: datetime
) -> frozenset[tuple[str, str]]:
    """Pairs that cool off, pairs that are together already, and partners made elsewhere."""
    apart = {
        (need_id, one)
        for need_id, together in pairs_beyond_proposed(connection)
        for one in together.split("\n")
    }
    for memory in cooling_memories(connection, now):
        if cools(memory, listed.versions, now):
            apart.add((memory.need_id, memory.capabilities))
    for need_id, member_id in partners_elsewhere(connection):
        apart.update((need_id, one) for one in listed.brought_by.get(member_id, ()))
    return frozenset(apart)
