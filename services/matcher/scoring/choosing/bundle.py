"""Consortia: suppliers that bring together what no one of them brings alone (stage 6 of matching).

Exact: branch and bound over everything given, equal to trying every subset. Plain values in and
out; who may be given is decided by the hard rules before, pair by pair.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.matcher.domain.entities import Conflict, Member

MOST_MEMBERS = 5
"""Of a consortium, the needing member among them."""
LEAST_MEMBERS = 3
_DIGITS = 9
"""Values closer than this are a tie, which size and ids decide."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A capability that may be proposed for the need. `score` is its pair's, in [0, 1]; `brings`
    are the kinds of help that the need wants and this gives.
    """

    capability_id: str
    member_id: str
    score: float
    brings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Suppliers of one need, sorted by capability id, and the kinds of help that it wants."""

    suppliers: tuple[Candidate, ...]
    wanted: frozenset[str]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.capability_id for one in self.suppliers)

    @property
    def covered(self) -> frozenset[str]:
        return frozenset().union(*(one.brings for one in self.suppliers))

    @property
    def score(self) -> float:
        """The probability in [0, 1] that all parties say yes."""
        return all_say_yes([one.score for one in self.suppliers])

    @property
    def value(self) -> float:
        """The share of what is wanted that it is expected to bring."""
        return len(self.covered) / len(self.wanted) * self.score

    @property
    def rank(self) -> tuple[float, int, tuple[str, ...]]:
        """Best first: highest value, then fewest members, then ids."""
        return -round(self.value, _DIGITS), len(self.suppliers), self.ids

    def only_from(self) -> dict[str, frozenset[str]]:
        """The drop-one proof: by capability id, the kinds that nobody else here brings. Each is
        necessary when none of these sets is empty.
        """
        return {
            one.capability_id: one.brings.difference(
                *(other.brings for other in self.suppliers if other is not one)
            )
            for one in self.suppliers
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What a consortium may be.

    Parameters
    ----------
    least : below this probability nothing is proposed.
    members : most members, the needing one among them.
    apart : pairs of member ids that may not be in one match.
    barred : sets of capability ids that are together already or cool off.
    keep : capability ids that have to be in it: their members said yes before.

    """

    least: float = 0.0
    members: int = MOST_MEMBERS
    apart: Collection[frozenset[str]] = frozenset()
    barred: Collection[frozenset[str]] = frozenset()
    keep: frozenset[str] = frozenset()


def all_say_yes(scores: Iterable[float]) -> float:
    """The probability that the needing member and every supplier say yes.

    A pair's probability is taken to be its two sides' in equal parts, so each side's is its root.
    The needing member answers once, for the pair it is least sure of. Of one pair it is the pair's.
    """
    ordered = sorted(scores)
    return math.sqrt(ordered[0]) * math.prod(math.sqrt(score) for score in ordered)


def best_bundle(
    wanted: Collection[str], candidates: Iterable[Candidate], limits: Limits
) -> Bundle | None:
    """The consortium of highest value in which each supplier is necessary, or None.

    None also where a single candidate brings as many of the wanted kinds.
    """
    search = _Search(frozenset(wanted), list(candidates), limits)
    return search.best() if len(search.wanted) > 1 else None


def who_convenes(
    needing_member_id: str, wants: Collection[str], suppliers: Iterable[Candidate]
) -> str:
    """The member that gathers the others: the needing one, for the place is its own; but where it
    asks for reach it says that it lacks it, and the best fitting supplier of reach does.
    """
    reaching = [one for one in suppliers if "reach" in one.brings and "reach" in wants]
    if not reaching:
        return needing_member_id
    return min(reaching, key=lambda one: (-one.score, one.capability_id)).member_id


def apart_among(
    members: Iterable[Member], declared: Mapping[str, Sequence[Conflict]], day: date
) -> frozenset[frozenset[str]]:
    """Which two of these members may not be in one match on the day; `declared` are conflicts by
    member id beside those on the member itself.
    """
    known = list(members)
    apart = set()
    for one in known:
        told = [c for c in (*one.conflicts, *declared.get(one.id, ())) if c.holds_on(day)]
        names = {c.member for c in told if c.member}
        sectors = {c.sector for c in told if c.sector}
        apart |= {
            frozenset((one.id, other.id))
            for other in known
            if other.id != one.id and (other.id in names or other.sector in sectors)
        }
    return frozenset(apart)


class _Search:
    """Depth first over the candidates in falling order of score.

    Two things make it quick and lose nothing: in a set in which one is not necessary none can be
    made necessary by adding; and who comes later scores no higher, which bounds every value.
    """

    def __init__(self, wanted: frozenset[str], given: list[Candidate], limits: Limits) -> None:
        self.wanted = wanted
        self._limits = limits
        useful = [one for one in given if one.brings & wanted and one.score >= limits.least]
        useful.sort(key=lambda one: (-one.score, one.capability_id))
        self._all = [
            Candidate(one.capability_id, one.member_id, one.score, one.brings & wanted)
            for one in useful
        ]
        self._alone = max((len(one.brings) for one in self._all), default=0)
        self._ahead = _unions([one.brings for one in self._all])
        self._best: Bundle | None = None

    def best(self) -> Bundle | None:
        if self._alone < len(self.wanted):
            self._extend([], 0)
        return self._best

    def _extend(self, chosen: list[Candidate], start: int) -> None:
        if len(chosen) >= self._limits.members - 1:
            return
        covered: frozenset[str] = frozenset().union(*(one.brings for one in chosen))
        for place in range(start, len(self._all)):
            if not self._may_beat(chosen, covered | self._ahead[place], place):
                return
            one = self._all[place]
            if one.brings <= covered or self._clashes(chosen, one):
                continue
            grown = [*chosen, one]
            bundle = Bundle(tuple(sorted(grown, key=_by_id)), self.wanted)
            if all(bundle.only_from().values()):
                self._consider(bundle)
                self._extend(grown, place + 1)

    def _may_beat(self, chosen: list[Candidate], reachable: frozenset[str], place: int) -> bool:
        """Whether anything that takes its next supplier from here on could be the best."""
        if len(reachable) <= self._alone:
            return False
        score = self._all[place].score
        added = [score] if chosen else [score, score]
        most = all_say_yes([*(one.score for one in chosen), *added])
        if most < self._limits.least:
            return False
        value = len(reachable) / len(self.wanted) * most
        return self._best is None or round(value, _DIGITS) >= round(self._best.value, _DIGITS)

    def _clashes(self, chosen: Sequence[Candidate], one: Candidate) -> bool:
        return any(
            other.member_id == one.member_id
            or frozenset((other.member_id, one.member_id)) in self._limits.apart
            for other in chosen
        )

    def _consider(self, bundle: Bundle) -> None:
        limits = self._limits
        ids = frozenset(bundle.ids)
        if len(ids) < LEAST_MEMBERS - 1 or bundle.score < limits.least:
            return
        if len(bundle.covered) <= self._alone or ids in limits.barred or not limits.keep <= ids:
            return
        if self._best is None or bundle.rank < self._best.rank:
            self._best = bundle


def _by_id(one: Candidate) -> str:
    return one.capability_id


def _unions(sets: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """By place, everything brought from there on."""
    found: list[frozenset[str]] = []
    for one in reversed(sets):
        found.append(one | found[-1] if found else one)
    return found[::-1]
