"""Step 8 of the walk: looks again at what changed and keeps each need's open proposals right.

What is open at rest is a function of the projection, the records and the date: the best pairs in
falling order of score, at most so many a need and so many a supplier. A proposal gives way to a
better one, unless a coordinator has seen it or holds it. What the last assignment round chose
stands above everything else, within the room that the round kept to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.matcher.domain.assignment import CHOSEN_FIRST, InForce
from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.plan import Plan, Seat, Wishes
from services.matcher.domain.rounds import Opening, PairMemory, match_id_for, opening
from services.matcher.domain.states import By, State
from services.matcher.moves import close_match, open_match, rule_cooling
from services.matcher.proposing.bundling import Bundling
from services.matcher.proposing.causes import caused_by_need
from services.matcher.proposing.drafts import ModelUsed, Pair, draft_proposal
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.proposing.open_room import OpenRoom
from services.matcher.proposing.stands import Stands
from services.matcher.proposing.tags import tag_match
from services.matcher.scoring.inputs import with_inputs
from services.matcher.scoring.learning.scorer import scorer_of
from services.matcher.scoring.results import Rated
from services.matcher.settings import MatcherSettings
from services.matcher.store import known
from services.matcher.store.assignments import chosen_of, in_force
from services.matcher.store.matches import load_match, open_matches_of_needs, proposals_brought_by
from services.matcher.store.memory import memories_of
from shared.storage import Work

TOP, DEEP, DEEPEST = 10, 30, 100
"""How deep a need's list is looked into; the second where suppliers of the first had enough, the
last where a round chose from so deep.
"""
MOST_WRITTEN = 50
"""Matches opened in one transaction: SQLite's other writers wait for it."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """One need: its proposals that may give way, how many may not, what is taken already."""

    loose: dict[str, Match]
    pinned: int
    taken: set[str]


class Examination:
    """One look at some needs, in one transaction, with everything known as of it."""

    def __init__(self, work: Work, knowledge: Knowledge, settings: MatcherSettings) -> None:
        self._work = work
        self._knowledge = knowledge
        self._settings = settings
        model = knowledge.model
        self._model = ModelUsed(model.version, model.rules_version)
        self._scorer = model.scorer.version_
        self._looked: dict[str, _Looked] = {}
        self._memories: dict[tuple[str, str], PairMemory] = {}
        self._rated: dict[tuple[str, str], Rated] = {}
        self._brought: dict[str, list[Seat]] = {}
        self._force = InForce(None, settings.proposals_per_need, settings.proposals_per_member)
        self._room = OpenRoom(self._force, knowledge.capacity_left)
        self._chosen: Mapping[str, set[str]] = {}

    def examine(self, need_ids: Sequence[str]) -> set[str]:
        """Bring the open proposals of these needs up to date.

        Returns those that have to be looked at again, because more had to be written than one
        transaction should.
        """
        self._knowledge.rate(need_ids, TOP)
        _one_at_a_time(self._work)
        connection = self._work.connection
        self._force = in_force(connection, self._force)
        self._chosen = chosen_of(connection, need_ids)
        bundled = Bundling(self._work, self._knowledge, self._settings, self._force)
        together = bundled.settle(need_ids, self._chosen)
        self._look(need_ids)
        self._memories = memories_of(connection, need_ids)
        wishes = {need_id: self._wishes(need_id) for need_id in need_ids}
        suppliers = {seat.supplier for wish in wishes.values() for seat in wish.seats}
        self._brought = proposals_brought_by(connection, suppliers, self._scorer)
        self._room = OpenRoom(self._force, self._knowledge.capacity_left)
        room_of = self._room.of_capability if self._force.round_id else None
        plan = Plan(self._force.per_member, wishes, self._brought_by, room_of)
        for seats in self._brought.values():
            self._room.add(seats)
        later = self._write(plan) | together.later
        # Whoever was turned away for the sake of what is not written yet asks again with it.
        unwritten = {seat.supplier for one in later for seat in wishes[one].kept}
        away = {
            one: wish.turned_away_by | together.waits_on.get(one, set())
            for one, wish in wishes.items()
            if one not in later
        }
        known.note_turned_away(connection, away)
        return later | {one for one, by in away.items() if by & unwritten}

    def _look(self, need_ids: Sequence[str]) -> None:
        stands = Stands(self._work, self._knowledge, self._settings)
        open_now = open_matches_of_needs(self._work.connection, need_ids)
        for need_id in need_ids:
            listed = self._knowledge.rated(need_id, TOP)
            standing = [one for one in open_now.get(need_id, ()) if stands.check(one, listed)]
            proposals = [match for match in standing if match.state is State.PROPOSED]
            loose = [match for match in proposals if self._may_give_way(match)]
            self._looked[need_id] = _Looked(
                loose={match.capability_ids[0]: match for match in loose},
                pinned=len(proposals) - len(loose),
                taken={match.capability_set for match in standing},
            )

    def _may_give_way(self, match: Match) -> bool:
        """What waits is left alone when other weights are accepted: its score is of another kind."""
        same = scorer_of(match.model_version) == self._scorer
        return same and not (match.viewed_at or match.hold or match.consortium)

    # --- what each need would have ---
    def _wishes(self, need_id: str) -> Wishes:
        def deeper() -> list[Seat]:
            return self._seats(need_id, DEEP)

        slots = max(0, self._force.per_need - self._looked[need_id].pinned)
        whole = len(self._knowledge.rated(need_id, TOP)) < TOP
        return Wishes(slots, self._seats(need_id, TOP), None if whole else deeper)

    def _seats(self, need_id: str, top: int) -> list[Seat]:
        """What is open already and what could be, best first. A proposal whose score has drifted
        below the threshold waits on: only a better one, a rule or time ends it.
        """
        looked, index = self._looked[need_id], self._knowledge.index
        found: list[tuple[float, str, Seat]] = []
        listed = self._listed(need_id, top)
        for capability_id, rated in listed.items():
            if capability_id in looked.taken or rated.score < self._settings.least_score:
                continue
            self._rated[need_id, capability_id] = rated
            pair = self._pair(need_id, capability_id)
            if pair is not None and self._opening(pair) is not None:
                score = rated.score + self._raised(need_id, capability_id)
                rank = (-score, need_id, capability_id)
                found.append((-score, capability_id, Seat(pair.bringing["member_id"], rank)))
        for capability_id, match in looked.loose.items():
            now = listed.get(capability_id) or index.score_of(need_id, capability_id)
            raised = self._raised(need_id, capability_id)
            found.append((-now.score - raised, capability_id, _seat_of(match, raised)))
        return [seat for _, _, seat in sorted(found, key=lambda one: one[:2])]

    def _listed(self, need_id: str, top: int) -> dict[str, Rated]:
        """By capability; deep enough to hold what a round chose."""
        listed = {one.capability_id: one for one in self._knowledge.rated(need_id, top)}
        if top < DEEPEST and not self._chosen.get(need_id, set()) <= listed.keys():
            return self._listed(need_id, DEEPEST)
        return listed

    def _raised(self, need_id: str, capability_set: str) -> float:
        return CHOSEN_FIRST if capability_set in self._chosen.get(need_id, ()) else 0.0

    def _opening(self, pair: Pair) -> Opening | None:
        key = (pair.need["need_id"], pair.capability["capability_id"])
        return opening(self._memories.get(key), pair.versions, self._work.now)

    def _pair(self, need_id: str, capability_id: str) -> Pair | None:
        knows = self._knowledge
        need, capability = knows.need(need_id), knows.capability(capability_id)
        if need is None or capability is None:
            return None
        needing, bringing = knows.member(need["member_id"]), knows.member(capability["member_id"])
        if needing is None or bringing is None:
            return None
        return Pair(need, capability, needing, bringing)

    def _brought_by(self, supplier: str) -> list[Seat]:
        if supplier not in self._brought:
            self._brought |= proposals_brought_by(self._work.connection, [supplier], self._scorer)
        return self._brought[supplier]

    # --- writing what was planned ---
    def _write(self, plan: Plan) -> set[str]:
        """Needs whose turn comes in the next transaction."""
        now, later = self._in_turns(plan.wishes)
        for need_id in now:
            self._close_dropped(need_id, plan, freely=True)
        for need_id in now:
            fresh = [seat for seat in plan.wishes[need_id].kept if seat.match_id is None]
            opened = [self._open_seat(plan, seat) for seat in fresh]
            if not all(opened):
                later.add(need_id)
        for need_id in now:
            self._close_dropped(need_id, plan, freely=False)
        return later

    def _in_turns(self, wishes: Mapping[str, Wishes]) -> tuple[list[str], set[str]]:
        now, later, written = [], set(), 0
        for need_id, wish in wishes.items():
            changes = {seat.key[1] for seat in wish.kept} ^ self._looked[need_id].loose.keys()
            if changes and written >= MOST_WRITTEN:
                later.add(need_id)
            else:
                now.append(need_id)
                written += len(changes)
        return now, later

    def _close_dropped(self, need_id: str, plan: Plan, *, freely: bool) -> None:
        """`freely`: the need found better; else its supplier did."""
        loose = self._looked[need_id].loose
        kept = plan.wishes[need_id].kept
        held = {seat.match_id for seat in kept}
        for capability_id, match in list(loose.items()):
            seat = _seat_of(match)
            given_up = seat.key in plan.given_up.get(seat.supplier, {})
            if match.match_id in held or given_up is freely:
                continue
            del loose[capability_id]
            better = self._id_of(kept[-1]) if kept and freely else None
            self._close(match, "better_found" if freely else "member_busy", better)

    def _open_seat(self, plan: Plan, seat: Seat) -> bool:
        """False where its supplier has no room before another need's turn."""
        pair = self._pair(*seat.key)
        round_ = self._opening(pair) if pair else None
        if pair is None or round_ is None:
            return True
        index = self._knowledge.index
        scored = with_inputs(index, index.explained(self._rated[seat.key]))
        draft = draft_proposal(pair, scored, round_, self._model, self._settings, self._work.now)
        while (in_the_way := self._room.in_the_way(plan, seat)) is not None:
            if not self._make_room(plan, in_the_way, draft.match_id):
                return False
        open_match(caused_by_need(self._work, seat.key[0]), draft, "proposed", By.RULE)
        tag_match(self._work.connection, draft, pair.sectors, pair.need)
        self._room.add([seat])
        return True

    def _make_room(self, plan: Plan, in_the_way: list[Seat], better: str) -> bool:
        """Close the worst of those that its supplier gives up."""
        if not in_the_way:
            return False
        worst = max(in_the_way, key=lambda seat: seat.rank)
        del plan.given_up[worst.supplier][worst.key]
        need_id, capability_id = worst.key
        if need_id in self._looked:
            self._looked[need_id].loose.pop(capability_id, None)
        match = load_match(self._work.connection, str(worst.match_id))
        self._close(match, "member_busy", better)
        return True

    def _close(self, match: Match, code: str, better: str | None) -> None:
        ending = Ending(code, By.RULE.value, rule_cooling(self._work, code))
        frees = better is None or code != "member_busy"
        close_match(
            self._work, match, "supersede", By.RULE, ending, frees=frees, superseded_by=better
        )
        self._room.remove(_seat_of(match))

    def _id_of(self, seat: Seat) -> str | None:
        pair = self._pair(*seat.key)
        round_ = self._opening(pair) if pair and seat.match_id is None else None
        return match_id_for(seat.key[0], [seat.key[1]], round_.round) if round_ else seat.match_id


def _seat_of(match: Match, raised: float = 0.0) -> Seat:
    rank = (-match.score - raised, match.need_id, match.capability_set)
    return Seat(match.bringing_member_ids[0], rank, match.match_id)


def _one_at_a_time(work: Work) -> None:
    """Proposals are decided one transaction at a time, so that a supplier's cap is exact; the
    scoring before it runs in every worker at once.
    """
    if work.connection.dialect.name == "postgresql":
        work.connection.execute(text("SELECT pg_advisory_xact_lock(727072)"))
