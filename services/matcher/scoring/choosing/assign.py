"""Who is proposed to whom in a round, exactly (stage 5 of matching).

Chooses among candidate pairs the ones with the most expected agreed matches, under the room that
needs, capabilities and members have, and with a floor for places. A linear program whose corners
are whole numbers as long as nothing but room is asked (needs on one side, capabilities inside
members on the other); where a floor makes corners of halves, branch and bound finishes it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from services.matcher.scoring.choosing.linear import WHOLE, NoAnswer, cheapest

SCALE = 10_000
"""Scores have 4 decimals, so in these units every objective is a whole number."""
_Rows = tuple[list[NDArray[np.int64]], list[float]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be proposed; `fixed` ones stay whatever else is chosen."""

    need_id: str
    capability_id: str
    member_id: str
    score: float
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many proposals each side has room for; fixed ones count and are never too many.

    Parameters
    ----------
    per_need, per_capability : by id; an id that is left out has no room.
    per_member : the same for every supplier.
    beside : by supplier, proposals that it has besides any candidate.

    """

    per_need: Mapping[str, int]
    per_capability: Mapping[str, int]
    per_member: int
    beside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Floor:
    """At least this `share` of the needs of each place that have a candidate get a proposal."""

    share: float = 0.0
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Need ids by place; a need may count in several."""


@dataclass(frozen=True, slots=True)
class Short:
    """A place whose floor cannot be kept: needs that should have had a proposal, and that have."""

    place: str
    wanted: int
    got: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """What was chosen, sorted by need and capability. `expected` is the sum of the scores."""

    chosen: tuple[Candidate, ...]
    short: tuple[Short, ...] = ()
    per_member: int = 0
    """The cap it keeps to."""

    @property
    def expected(self) -> float:
        return round(sum(one.score for one in self.chosen), 4)

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset((one.need_id, one.capability_id) for one in self.chosen)


def assign(candidates: Iterable[Candidate], rooms: Rooms, floor: Floor | None = None) -> Assignment:
    """The best choice under room and floor; a floor that cannot be kept gives way as little as can be.

    The same for any order of the candidates: they are sorted first, and among choices of equal
    expectation the earlier ids win (by a term too small to outweigh a ten-thousandth of a match).

    Raises
    ------
    NoAnswer
        The solver did not finish; with finite scores it always has.

    """
    program = _Program(_in_order(candidates), rooms, floor or Floor())
    if not program.candidates:
        return Assignment((), program.unmet(np.zeros(0)), rooms.per_member)
    values = program.solve()
    chosen = [one for one, taken in zip(program.candidates, values > 0.5, strict=True) if taken]
    return Assignment(tuple(chosen), program.unmet(values), rooms.per_member)


def assign_evenly(
    candidates: Iterable[Candidate], rooms: Rooms, floor: Floor | None, give_up: float
) -> Assignment:
    """`assign` under the smallest cap per member that costs at most this share of expected matches.

    Fewer proposals for the sought-after mean more for the others: found by halving, because a
    smaller cap never has a better optimum.
    """
    known = tuple(candidates)
    best = assign(known, rooms, floor)
    least = best.expected * (1 - give_up)
    low, high = 1, min(rooms.per_member, _most_brought(best.chosen, rooms.beside))
    while low < high:
        cap = (low + high) // 2
        found = assign(known, replace(rooms, per_member=cap), floor)
        if found.expected >= least - 1e-9 and len(found.short) <= len(best.short):
            best, high = found, cap
        else:
            low = cap + 1
    return best


def gini(counts: Iterable[int]) -> float:
    """How unevenly something is spread: 0 where all have the same, towards 1 where one has all."""
    values = np.sort(np.array(list(counts), dtype=np.float64))
    total = values.sum()
    if total == 0:
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * total))


def exposure(chosen: Iterable[Candidate], member_ids: Iterable[str]) -> dict[str, int]:
    """Proposals by supplier, those without any too."""
    counts = dict.fromkeys(member_ids, 0)
    for one in chosen:
        counts[one.member_id] = counts.get(one.member_id, 0) + 1
    return counts


def _most_brought(chosen: Sequence[Candidate], beside: Mapping[str, int]) -> int:
    counts = exposure(chosen, ())
    return max((count + beside.get(one, 0) for one, count in counts.items()), default=1)


def _in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each pair once, by need and capability; a fixed one before the same pair that is not."""
    found: dict[tuple[str, str], Candidate] = {}
    for one in candidates:
        key = (one.need_id, one.capability_id)
        if one.fixed or key not in found:
            found[key] = one
    return [found[key] for key in sorted(found)]


class _Program:
    """The linear program: first a variable per candidate, then one per need that a floor counts."""

    def __init__(self, candidates: list[Candidate], rooms: Rooms, floor: Floor) -> None:
        self.candidates = candidates
        self._of_need = _by(one.need_id for one in candidates)
        self._floor = floor
        self._places = self._counted(floor)
        self._served = {need: number for number, need in enumerate(
            sorted({need for needs in self._places.values() for need in needs})
        )}  # fmt: skip
        self._rows: _Rows = ([], [])
        self._add_rooms(rooms)
        scores = np.array([round(one.score * SCALE) for one in candidates], dtype=np.float64)
        first = np.arange(len(candidates), 0, -1) / max(1, len(candidates))
        self._gain = scores + first * (0.5 / (1 + self._most_chosen(rooms)))

    def solve(self) -> NDArray[np.float64]:
        """Shape (n_candidates,), 0 or 1."""
        found = self._optimum(0)
        if found is None:
            found = self._optimum(self._least_shortage())
        if found is None:
            raise NoAnswer("no choice keeps within the room that the fixed proposals leave.")
        return found

    def unmet(self, values: NDArray[np.float64]) -> tuple[Short, ...]:
        served = {one.need_id for one, x in zip(self.candidates, values, strict=True) if x > 0.5}
        found = []
        for place, needs in self._places.items():
            got = sum(need in served for need in needs)
            if got < self._wanted(needs):
                found.append(Short(place, self._wanted(needs), got))
        return tuple(found)

    # --- rows ---
    def _add_rooms(self, rooms: Rooms) -> None:
        of_capability = _by(one.capability_id for one in self.candidates)
        of_member = _by(one.member_id for one in self.candidates)
        for need, edges in self._of_need.items():
            self._add_room(edges, rooms.per_need.get(need, 0))
        for capability, edges in of_capability.items():
            self._add_room(edges, rooms.per_capability.get(capability, 0))
        for member, edges in of_member.items():
            self._add_room(edges, rooms.per_member - rooms.beside.get(member, 0))

    def _add_room(self, edges: NDArray[np.int64], room: int) -> None:
        """A row only where it could bind: most suppliers have fewer candidates than room."""
        fixed = sum(self.candidates[edge].fixed for edge in edges.tolist())
        room = max(0, room, fixed)
        if room < len(edges):
            self._rows[0].append(edges)
            self._rows[1].append(float(room))

    def _most_chosen(self, rooms: Rooms) -> int:
        return sum(min(len(edges), max(0, rooms.per_need.get(need, 0)))
                   for need, edges in self._of_need.items()) + sum(
            one.fixed for one in self.candidates)  # fmt: skip

    def _counted(self, floor: Floor) -> dict[str, list[str]]:
        if floor.share <= 0:
            return {}
        places = {place: sorted(needs & self._of_need.keys())
                  for place, needs in sorted(floor.places.items())}  # fmt: skip
        return {place: needs for place, needs in places.items() if needs}

    def _wanted(self, needs: Sequence[str]) -> int:
        return math.ceil(self._floor.share * len(needs) - 1e-9)

    def _matrix(self, shortage: int) -> tuple[sp.csr_matrix, NDArray[np.float64]]:
        """Rows of `A z <= b`: rooms, "served only with a proposal", floors (with room to fall
        short where `shortage` variables are asked for).
        """
        edges, served = len(self.candidates), len(self._served)
        rows = [(columns, np.ones(len(columns))) for columns in self._rows[0]]
        limits = list(self._rows[1])
        for need, number in self._served.items():
            columns = np.append(self._of_need[need], edges + number)
            rows.append((columns, np.append(-np.ones(len(columns) - 1), 1.0)))
            limits.append(0.0)
        for place, needs in enumerate(self._places.values()):
            columns = np.array([edges + self._served[need] for need in needs], dtype=np.int64)
            if shortage:
                columns = np.append(columns, edges + served + place)
            rows.append((columns, -np.ones(len(columns))))
            limits.append(-float(self._wanted(needs)))
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        values = np.concatenate([values for _, values in rows]) if rows else np.zeros(0)
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, int)
        shape = (len(limits), edges + served + shortage)
        return sp.csr_matrix((values, columns, starts), shape=shape), np.array(limits)

    def _bounds(self, shortage: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        edges = [float(one.fixed) for one in self.candidates]
        lower = np.array(edges + [0.0] * (len(self._served) + shortage))
        upper = np.ones(len(lower))
        upper[len(edges) + len(self._served) :] = np.inf
        return lower, upper

    # --- solving ---
    def _optimum(self, shortage: int) -> NDArray[np.float64] | None:
        """None where floors fall short of more needs than this, in all."""
        matrix, limits = self._matrix(len(self._places) if shortage else 0)
        before = len(self.candidates) + len(self._served)
        if shortage:
            short = sp.csr_matrix(np.append(np.zeros(before), np.ones(len(self._places))))
            matrix, limits = sp.vstack([matrix, short]).tocsr(), np.append(limits, shortage)
        gain = np.append(self._gain, np.zeros(matrix.shape[1] - len(self.candidates)))
        bounds = self._bounds(len(gain) - before)
        found = cheapest(-gain, matrix, limits, bounds, len(self.candidates))
        return None if found is None else found[: len(self.candidates)]

    def _least_shortage(self) -> int:
        """The fewest needs in all that the floors must do without."""
        count = len(self._places)
        matrix, limits = self._matrix(count)
        before = len(self.candidates) + len(self._served)
        cost = np.append(np.zeros(before), np.ones(count))
        found = cheapest(cost, matrix, limits, self._bounds(count), len(self.candidates))
        return 0 if found is None else math.ceil(found[before:].sum() - WHOLE)


def _by(names: Iterable[str]) -> dict[str, NDArray[np.int64]]:
    """Numbers of the candidates of each name, names sorted."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        found.setdefault(name, []).append(number)
    return {name: np.array(found[name], dtype=np.int64) for name in sorted(found)}
