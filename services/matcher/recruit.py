"""Which kind of member to recruit next: sector, goal and region, by asking the model itself.

For each kind a capability is made up, as the model sees one: what members of the sector bring for
the goal elsewhere, delivered in the region, with room. It is ranked by the very index that proposes,
rules and all, against the needs that have nothing; those that would get a proposal are counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.matcher.domain.assignment import REGION
from services.matcher.domain.entities import Capability, Capacity, Member, Need
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.review import Deps
from services.matcher.rounds.places_of_needs import places_at
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.market.facts import OPEN_MEMBER
from services.matcher.store.lists import served_needs
from services.matcher.store.recruiting import (
    begin_recruiting,
    last_recruited,
    put_recruited,
    stamp_now,
)
from shared.clock import Clock
from shared.observability.logging import get_logger
from shared.reference.goals import framework
from shared.storage import Busy, Conflict, Database, Lease, StorageUnavailable

ANY_SECTOR = ""
"""A kind that no member is like yet: judged by the goal's own words and what its needs ask for."""
EVERY_SECONDS = 20.0
"""How often a worker looks whether anything has changed."""
MOST_LIKE, MOST_KINDS, MOST_NEEDS = 3, 20, 50
_AT_ONCE, _DEEP = 250, 500
_MINE = "recruit\n"
"""No member or listing goes by an id with a line end in it."""
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Kind:
    sector: str
    goal: int
    region: str


@dataclass(frozen=True, slots=True)
class Recruit:
    """`needs` would get a proposal; `fresh` of them are not told of a kind further up the list;
    `like` are the capabilities that the made-up ones were made from.
    """

    kind: Kind
    needs: Sequence[str]
    fresh: int
    like: Sequence[str]


class Recruiting:
    """`run(now)` is the function of a `Periodic` task, under a lease."""

    def __init__(self, database: Database, deps: Deps, clock: Clock) -> None:
        self._database = database
        self._settings = deps.settings
        self._clock = clock
        self._lease = Lease(database, "recruiting")
        self._models = ModelsInUse(database, deps.model)

    def run(self, now: datetime) -> bool:
        """Work it out again where anything has changed since, but not more often than is set."""
        try:
            if not self._lease.acquire() or not self._due(now):
                return False
            self._work_out(now)
        except (Busy, Conflict, StorageUnavailable) as error:
            _log.warning("recruiting_waits", kind=type(error).__name__)
            return False
        return True

    def close(self) -> None:
        self._lease.release()

    def _due(self, now: datetime) -> bool:
        with self._database.read() as connection:
            stamp, last = stamp_now(connection), last_recruited(connection)
        if not stamp.changes or (last is not None and last.begun == stamp):
            return False
        wait = timedelta(minutes=self._settings.recruit_minutes)
        return last is None or now >= last.begun_at + wait

    def _work_out(self, now: datetime) -> None:
        with self._database.write() as connection:
            begin_recruiting(connection, stamp_now(connection), now)
        knowledge = Knowledge(self._models.now(), now.date())
        knowledge.catch_up(self._database, now.date())
        with self._database.read() as connection:
            knowledge.refresh_standing(connection, now)
            served = served_needs(connection)
        found = worked_out(knowledge.index, served, self._settings.least_score)
        with self._database.write() as connection:
            put_recruited(connection, found, self._clock.now())
        _log.info("recruiting_done", needs=found["without"], kinds=len(found["kinds"]))


def worked_out(index: MatchIndex, served: frozenset[str], least: float) -> dict[str, Any]:
    """As it is stored. The index is changed: it is to be thrown away."""
    needs = without_help(index, served, least)
    kinds = recruits(index, needs, least)
    return {
        "without": len(needs),
        "least": least,
        "model": index.version,
        "kinds": [
            {
                "sector": one.kind.sector,
                "goal": one.kind.goal,
                "region": one.kind.region,
                "unlocks": len(one.needs),
                "fresh": one.fresh,
                "needs": list(one.needs[:MOST_NEEDS]),
                "like": list(one.like),
            }
            for one in kinds
        ],
    }


def without_help(index: MatchIndex, served: frozenset[str], least: float) -> list[Need]:
    """Needs that are asked for, have no match under way, and would get no proposal today."""
    market = index.market
    asked = [
        one
        for one in index.need_ids()
        if one not in served
        and market.needs[one].status == "published"
        and market.members[market.needs[one].member_id].status in OPEN_MEMBER
    ]
    best = _rated(index, asked, 1)
    return [market.needs[id_] for id_ in asked if not any(s >= least for _, s in best[id_])]


def recruits(index: MatchIndex, needs: Sequence[Need], least: float) -> list[Recruit]:
    """The most useful kind first, each next by what it adds to those before it."""
    regions = {one.id: frozenset(_regions(index, one)) for one in needs}
    wanted: dict[tuple[int, str], list[Need]] = {}
    for one in needs:
        for goal in one.goals:
            for region in regions[one.id]:
                wanted.setdefault((goal, region), []).append(one)
    like = _examples(index)
    made = {one.id: (kind, source) for kind, source, one in _made_up(like, wanted)}
    _put(index, like, wanted)
    unlocked: dict[Kind, set[str]] = {}
    sources: dict[Kind, Counter[str]] = {}
    goals = {one.id: frozenset(one.goals) for one in needs}
    for need_id, found in _rated(index, [one.id for one in needs], _DEEP).items():
        for capability_id, score in found:
            if score < least or capability_id not in made:
                continue
            kind, source = made[capability_id]
            if kind.goal in goals[need_id] and kind.region in regions[need_id]:
                unlocked.setdefault(kind, set()).add(need_id)
                sources.setdefault(kind, Counter())[source] += 1
    return list(_in_order(_beside_examples(unlocked), sources))


def _beside_examples(unlocked: Mapping[Kind, set[str]]) -> dict[Kind, set[str]]:
    """What nobody is like counts only for needs that a kind with examples would not unlock: asked
    for everything at once it fits more than any real member does.
    """
    shown = {one for kind, needs in unlocked.items() if kind.sector for one in needs}
    left = {kind: needs if kind.sector else needs - shown for kind, needs in unlocked.items()}
    return {kind: needs for kind, needs in left.items() if needs}


def _put(
    index: MatchIndex,
    like: Mapping[tuple[str, int], Sequence[Capability]],
    wanted: Mapping[tuple[int, str], Sequence[Need]],
) -> None:
    sectors = {ANY_SECTOR, *(sector for sector, _ in like)}
    index.put(
        [Member(_MINE + sector, sector, sector) for sector in sorted(sectors)],
        [one for _, _, one in _made_up(like, wanted)],
    )


def _made_up(
    like: Mapping[tuple[str, int], Sequence[Capability]],
    wanted: Mapping[tuple[int, str], Sequence[Need]],
) -> Iterator[tuple[Kind, str, Capability]]:
    """Of each kind that a need without help could use: what it is like, and the made-up one."""
    for goal, region in sorted(wanted):
        for (sector, of), examples in sorted(like.items(), key=lambda pair: pair[0]):
            if of == goal:
                kind = Kind(sector, goal, region)
                yield from ((kind, one.id, _like(one, kind)) for one in examples)
        kind = Kind(ANY_SECTOR, goal, region)
        yield kind, "", _plain(kind, wanted[goal, region])


def _like(one: Capability, kind: Kind) -> Capability:
    return replace(
        one,
        id=f"{_MINE}{kind.sector}\n{kind.region}\n{kind.goal}\n{one.id}",
        member_id=_MINE + kind.sector,
        delivers_in=(kind.region,),
        mode="either",
        capacity=Capacity(1_000_000),
        available_from=None,
        available_until=None,
        confirmed_at=None,
    )


def _plain(kind: Kind, needs: Iterable[Need]) -> Capability:
    goal = framework().goal(kind.goal)
    asked = list(needs)
    return Capability(
        id=f"{_MINE}{kind.region}\n{kind.goal}",
        member_id=_MINE + ANY_SECTOR,
        title=goal.title,
        description=goal.description,
        goals=(kind.goal,),
        delivers_in=(kind.region,),
        gives=tuple(sorted({give for one in asked for give in one.wants})),
        beneficiaries=tuple(sorted({group for one in asked for group in one.beneficiaries})),
        capacity=Capacity(1_000_000),
    )


def _examples(index: MatchIndex) -> dict[tuple[str, int], list[Capability]]:
    """By sector and goal, a few published capabilities: those that say most of themselves."""
    market = index.market
    found: dict[tuple[str, int], list[Capability]] = {}
    for id_ in index.capability_ids():
        one = market.capabilities[id_]
        member = market.members[one.member_id]
        if one.status == "published" and member.status in OPEN_MEMBER:
            for goal in one.goals:
                found.setdefault((member.sector, goal), []).append(one)
    return {
        key: sorted(ones, key=lambda one: (-_says(one), one.id))[:MOST_LIKE]
        for key, ones in found.items()
    }


def _says(one: Capability) -> int:
    return 100 * (len(one.gives) + len(one.beneficiaries)) + len(one.title) + len(one.description)


def _regions(index: MatchIndex, need: Need) -> set[str]:
    codes = need.places or index.market.members[need.member_id].places
    return places_at(codes, REGION)


def _rated(
    index: MatchIndex, need_ids: Sequence[str], top: int
) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for first in range(0, len(need_ids), _AT_ONCE):
        rated = index.rated_for_all(need_ids[first : first + _AT_ONCE], top)
        found |= {
            need_id: [(one.capability_id, one.score) for one in ones]
            for need_id, ones in rated.items()
        }
    return found


def _in_order(
    unlocked: Mapping[Kind, set[str]], sources: Mapping[Kind, Counter[str]]
) -> Iterator[Recruit]:
    left, told = dict(unlocked), set[str]()
    for _ in range(min(MOST_KINDS, len(left))):
        # A sector that members show the way in goes before one that is only thought of.
        best = min(left, key=lambda one: (-len(left[one] - told), one.sector == ANY_SECTOR,
                                          -len(left[one]), one.goal, one.region, one.sector))  # fmt: skip
        needs = left.pop(best)
        fresh = len(needs - told)
        if not fresh:
            return
        told |= needs
        like = [one for one, _ in sources[best].most_common(MOST_LIKE) if one]
        yield Recruit(best, sorted(needs), fresh, like)
