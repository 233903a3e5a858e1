"""Step 8 of the walk for several suppliers at once: keeps each need's open consortium right.

Decided before the pairs and without looking at them, so that what is open at rest stays a function
of what is known: a need's consortium takes one of its proposals and a place with every supplier.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.matcher.domain.assignment import CHOSEN_FIRST, InForce
from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.plan import Seat
from services.matcher.domain.rounds import Opening, PairMemory, capability_set, opening
from services.matcher.domain.states import BEFORE_INTRODUCTION, By, State
from services.matcher.moves import close_match, open_match, rule_cooling
from services.matcher.proposing.causes import caused_by_need
from services.matcher.proposing.consortium_drafts import draft_consortium, versions_of
from services.matcher.proposing.drafts import ModelUsed, Pair
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.proposing.searching import NOBODY, Searching
from services.matcher.proposing.stands import Stands
from services.matcher.proposing.tags import tag_match
from services.matcher.reopened import Reopened, role_reopened
from services.matcher.scoring.choosing.consortia import (
    DEEP,
    Consortium,
    with_all_inputs,
)
from services.matcher.scoring.learning.scorer import scorer_of
from services.matcher.settings import MatcherSettings
from services.matcher.store.assignments import chosen_with
from services.matcher.store.matches import (
    load_match,
    open_matches_of_needs,
    proposals_brought_by,
)
from services.matcher.store.memory import memories_of, memory_of
from shared.storage import Work

MOST_WRITTEN = 50
"""Consortia opened or closed in one transaction."""


@dataclass(slots=True)
class Settled:
    """Needs whose turn comes in the next transaction; and by need, whose members' change may bring
    a consortium about: they had no room, or bring everything alone.
    """

    later: set[str] = field(default_factory=set)
    waits_on: dict[str, set[str]] = field(default_factory=dict)


class Bundling:
    """The consortia of some needs, in the transaction of an examination."""

    def __init__(
        self, work: Work, knowledge: Knowledge, settings: MatcherSettings, force: InForce
    ) -> None:
        self._work = work
        self._knowledge = knowledge
        self._settings = settings
        self._force = force
        self._chosen: Mapping[str, Collection[str]] = {}
        self._stands = Stands(work, knowledge, settings)
        self._searching = Searching(knowledge, settings)
        self._model = ModelUsed(knowledge.model.version, knowledge.model.rules_version)
        self._memories: dict[str, dict[str, PairMemory]] = {}
        self._settled = Settled()
        self._closed: set[str] = set()
        self._written = 0

    def settle(self, need_ids: Sequence[str], chosen: Mapping[str, Collection[str]]) -> Settled:
        """Open, keep or close the consortium of each need, in the order given. `chosen` are the pairs
        of an assignment round by need: they stand above consortia.
        """
        self._settled = Settled()
        self._chosen = chosen
        asking = self._searching.asking(need_ids)
        open_now = open_matches_of_needs(self._work.connection, need_ids)
        standing = {
            need_id: [one for one in found if one.consortium and self._stands.check(one, ())]
            for need_id, found in open_now.items()
        }  # what a rule ends is remembered before memories are read
        for (need_id, _), memory in memories_of(self._work.connection, asking).items():
            self._memories.setdefault(need_id, {})[memory.capabilities] = memory
        wanting = set(asking)
        for need_id in need_ids:
            if standing.get(need_id) or need_id in wanting:
                self._settle_need(need_id, standing.get(need_id, []))
        return self._settled

    def _settle_need(self, need_id: str, standing: Sequence[Match]) -> None:
        if self._written >= MOST_WRITTEN:
            self._settled.later.add(need_id)
            return
        standing = [one for one in standing if one.match_id not in self._closed]
        waiting = [one for one in standing if one.state in BEFORE_INTRODUCTION]
        loose = [one for one in waiting if self._may_give_way(one)]
        if len(loose) < len(waiting):
            return  # one that people look at or were asked about is enough
        draft = None
        if len(self._chosen.get(need_id, ())) < self._force.per_need:
            taken = [one.capability_set for one in standing if one not in loose]
            draft = self._draft(need_id, taken)
        same = [one for one in loose if draft and one.capability_set == draft.capability_set]
        if draft is not None and not same and not self._open(draft, loose):
            draft = None
        for match in loose:
            if match not in same:
                code = "better_found" if draft else "no_longer_due"
                self._close(match, code, draft.match_id if draft else None)

    # --- which one is due ---
    def _draft(self, need_id: str, taken: Iterable[str]) -> Match | None:
        if not self._searching.wants_several(need_id):
            return None
        alone, everything = self._searching.alone(need_id)
        if everything:
            self._wait_on(need_id, alone)
            return None
        ended = any("\n" in one for one in self._memories.get(need_id, ()))  # else nothing to read
        reopened = role_reopened(self._work, self._knowledge, need_id) if ended else None
        found = self._find(need_id, taken, reopened)
        if found is None:
            self._wait_on(need_id, self._searching.alone(need_id, DEEP)[0])
            return None
        found = with_all_inputs(self._knowledge.index, found)
        pairs = self._pairs(found)
        memory = self._memories.get(need_id, {}).get(capability_set(found.capability_ids))
        round_ = opening(memory, versions_of(pairs), self._work.now)
        if round_ is None:  # the search was told of it: only a clock that moved gets here
            return None
        kept: set[str] = set()
        if reopened and set(found.capability_ids) & reopened.capability_ids:
            round_ = Opening(round_.round, reopened.match_id, "role_reopened")
            members = {need_member(pairs), *(pair.bringing["member_id"] for pair in pairs)}
            kept = members & reopened.said_yes
        return draft_consortium(
            pairs, found, round_, kept, self._model, self._settings, self._work.now
        )

    def _find(
        self, need_id: str, taken: Iterable[str], reopened: Reopened | None
    ) -> Consortium | None:
        memories = self._memories.get(need_id, {}).values()
        barred = [*taken, *self._searching.cooling(memories, self._work.now)]
        for keep in (reopened.keep, NOBODY) if reopened else (NOBODY,):
            found = self._searching.best(need_id, barred, keep)
            if found is not None:
                return found
        return None

    def _pairs(self, found: Consortium) -> list[Pair]:
        knows = self._knowledge
        need = knows.states["need", found.need_id]
        needing = knows.states["member", need["member_id"]]
        offered = [knows.states["capability", one] for one in found.capability_ids]
        return [
            Pair(need, one, needing, knows.states["member", one["member_id"]]) for one in offered
        ]

    def _wait_on(self, need_id: str, members: Iterable[str]) -> None:
        self._settled.waits_on.setdefault(need_id, set()).update(members)

    # --- writing ---
    def _open(self, draft: Match, leaving: Sequence[Match]) -> bool:
        """False where one of its suppliers has enough that is better. `leaving` are those that it
        replaces, whose room is its own.
        """
        giving_way, full = self._room_for(draft, {one.match_id for one in leaving})
        if full:
            self._wait_on(draft.need_id, full)
            return False
        for match_id in sorted(giving_way):
            match = load_match(self._work.connection, match_id)
            self._close(match, "member_busy", draft.match_id)
        pairs = [self._pair_sectors(one) for one in draft.capability_ids]
        open_match(caused_by_need(self._work, draft.need_id), draft, "proposed", By.RULE)
        need = self._knowledge.need(draft.need_id)
        needing = self._knowledge.states["member", draft.needing_member_id]["sector"]
        tag_match(self._work.connection, draft, {needing, *pairs}, need)
        self._written += 1
        return True

    def _pair_sectors(self, capability_id: str) -> str:
        owner = self._knowledge.states["capability", capability_id]["member_id"]
        return str(self._knowledge.states["member", owner]["sector"])

    def _room_for(self, draft: Match, leaving: Collection[str]) -> tuple[set[str], set[str]]:
        """Matches that give way to it, and members that have no room for it."""
        giving_way, full = set(), set()
        rank = (-draft.score, draft.need_id, draft.capability_set)
        scorer = self._knowledge.model.scorer.version_
        brought = proposals_brought_by(self._work.connection, draft.bringing_member_ids, scorer)
        for member_id, brings in sorted(brought.items()):
            seats = [one for one in brings if one.match_id not in leaving]
            for rivals, taken, most in self._bounds(_brought(draft, member_id), seats):
                if taken < most:
                    continue
                worst = self._gives_way(rivals, rank)
                if worst is None:
                    full.add(member_id)
                else:
                    giving_way.add(worst)
        return giving_way, full

    def _bounds(
        self, capability_ids: Sequence[str], seats: Sequence[Seat]
    ) -> Iterable[tuple[Sequence[Seat], int, int]]:
        """What shares a bound with these of one supplier, how much of that is taken, and the bound. While
        a round's choice holds, the places of a capability are a bound, those it chose counted.
        """
        yield seats, len(seats), self._force.per_member
        if self._force.round_id is None:
            return
        for one, chosen in chosen_with(self._work.connection, capability_ids).items():
            rivals = [seat for seat in seats if one in seat.capability_ids]
            taken = {seat.key for seat in rivals} | {(need_id, one) for need_id in chosen}
            yield rivals, len(taken), self._knowledge.capacity_left(one) * self._force.per_place

    def _gives_way(self, seats: Sequence[Seat], rank: tuple[float, str, str]) -> str | None:
        """The worst pair that nobody looks at; else the worst consortium that is worse than this."""
        loose = [one for one in seats if not one.pinned and one.match_id]
        pairs = [one for one in loose if -one.rank[0] <= CHOSEN_FIRST]
        if pairs:
            return max(pairs, key=lambda one: one.rank).match_id
        worse = [one for one in seats if "\n" in one.key[1] and one.rank > rank and one.match_id]
        for seat in sorted(worse, key=lambda one: one.rank, reverse=True):
            if self._may_give_way(load_match(self._work.connection, str(seat.match_id))):
                return seat.match_id
        return None

    def _may_give_way(self, match: Match) -> bool:
        """What people look at, hold or were asked about stays; likewise what other weights made."""
        same = scorer_of(match.model_version) == self._knowledge.model.scorer.version_
        return same and match.state is State.PROPOSED and not (match.viewed_at or match.hold)

    def _close(self, match: Match, code: str, better: str | None) -> None:
        ending = Ending(code, By.RULE.value, rule_cooling(self._work, code))
        close_match(self._work, match, "supersede", By.RULE, ending, superseded_by=better)
        self._closed.add(match.match_id)
        memory = memory_of(self._work.connection, match.need_id, match.capability_set)
        if memory is not None:
            self._memories.setdefault(match.need_id, {})[memory.capabilities] = memory
        self._written += 1


def _brought(draft: Match, member_id: str) -> list[str]:
    return [one.listing_id for one in draft.parties if one.member_id == member_id]


def need_member(pairs: Sequence[Pair]) -> str:
    return str(pairs[0].needing["member_id"])
