"""A local project: the members that together serve the needs of one place, each of them necessary.

The same exact search as for a consortium, with the place's needs in the place of kinds of help.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.matcher.scoring.choosing.bundle import Candidate, Limits, best_bundle
from services.matcher.scoring.choosing.consortia import apart_in, pair_of
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.results import Rated

MOST_MEMBERS = 6
"""Five that bring something and the place."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one member would do in the place; `only` are the needs that nobody else here serves."""

    member_id: str
    name: str
    serves: Mapping[str, str]
    """By need id, the capability that serves it."""
    only: Sequence[str]


@dataclass(frozen=True, slots=True)
class Project:
    """`score` is the probability in [0, 1] that all say yes; `unserved` are needs left over."""

    parts: Sequence[Part]
    score: float
    unserved: Sequence[str]


def project_for(
    index: MatchIndex, need_ids: Iterable[str], least: float, top: int = 10
) -> Project | None:
    """The members that are expected to serve most of these needs; None where one member does as
    well, or nobody does. A need's `top` pairs of `least` or more are looked at.
    """
    asked = sorted(one for one in set(need_ids) if index.ready(one))
    rated = index.rated_for_all(asked, top)
    best = _best_pairs(index, (pair for found in rated.values() for pair in found), least)
    candidates = [one for member_id, pairs in best.items() for one in _variants(member_id, pairs)]
    apart = apart_in(index, best)
    found = best_bundle(asked, candidates, Limits(least, MOST_MEMBERS, apart))
    if found is None:
        return None
    only = found.only_from()
    parts = [
        _part(index, one, best[one.member_id], only[one.capability_id]) for one in found.suppliers
    ]
    return Project(parts, found.score, sorted(set(asked) - found.covered))


def _part(
    index: MatchIndex, one: Candidate, pairs: Mapping[str, Rated], only: Iterable[str]
) -> Part:
    serves = {need: pairs[need].capability_id for need in sorted(one.brings)}
    need_id, capability_id = next(iter(serves.items()))
    name = pair_of(index, need_id, capability_id).bringing.name
    return Part(one.member_id, name, serves, sorted(only))


def _best_pairs(
    index: MatchIndex, rated: Iterable[Rated], least: float
) -> dict[str, dict[str, Rated]]:
    """By member and need, its best capability."""
    found: dict[str, dict[str, Rated]] = {}
    for pair in rated:
        if pair.score < least:
            continue
        member_id = pair_of(index, pair.need_id, pair.capability_id).capability.member_id
        mine = found.setdefault(member_id, {})
        before = mine.get(pair.need_id)
        if before is None or _rank(pair) < _rank(before):
            mine[pair.need_id] = pair
    return found


def _variants(member_id: str, pairs: Mapping[str, Rated]) -> list[Candidate]:
    """A member with its best one, two, three … needs: as sure as of the least of them."""
    ordered = sorted(pairs.values(), key=_rank)
    return [
        Candidate(
            f"{member_id}\n{count}",
            member_id,
            ordered[count - 1].score,
            frozenset(one.need_id for one in ordered[:count]),
        )
        for count in range(1, len(ordered) + 1)
    ]


def _rank(pair: Rated) -> tuple[float, str, str]:
    return -pair.score, pair.need_id, pair.capability_id
