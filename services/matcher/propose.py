"""Step 8 of the walk: looks again at what changed and keeps each need's open proposals right.

What is open at rest is a function of the projection, the records and the date: the best pairs in
falling order of score, at most so many a need and so many a supplier. A proposal gives way to a
better one, unless a coordinator has seen it or holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import text

from services.matcher.domain.matches import Ending, Match
from services.matcher.domain.rounds import Opening, Versions, match_id_for, opening
from services.matcher.domain.states import BEFORE_INTRODUCTION, By, State
from services.matcher.drafts import ModelUsed, Pair, draft_proposal
from services.matcher.knowledge import Knowledge
from services.matcher.moves import close_by_rule, close_match, open_match, rule_cooling
from services.matcher.scoring.results import Scored
from services.matcher.settings import MatcherSettings
from services.matcher.store import known
from services.matcher.store.matches import (
    Brought,
    load_match,
    open_matches_of_need,
    proposals_brought_by,
)
from services.matcher.store.memory import memory_of
from services.matcher.tags import tag_match
from shared.contracts.envelope import Event
from shared.storage import Work

TOP, DEEP = 10, 30
"""How deep a need's list is looked into; the second where suppliers of the first had enough."""
_HELD_BY_ITSELF = frozenset({"no_capacity", "no_partner_place", "cooling_off"})
"""Rules that an approved match breaks by what it holds itself."""
_LEFT_TO_A_PERSON = frozenset({"unconfirmed", "not_available"})
"""Asked again before asking and before the introduction; until then a person may mend them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that could be a proposal now; `match` is the open one if it is one already."""

    scored: Scored
    match: Match | None

    @property
    def order(self) -> tuple[float, str]:
        return (-self.scored.score, self.scored.capability_id)


class Examination:
    """One look at some needs, in one transaction, with everything known as of it."""

    def __init__(self, work: Work, knowledge: Knowledge, settings: MatcherSettings) -> None:
        self._work = work
        self._knowledge = knowledge
        self._settings = settings
        model = knowledge.model
        self._model = ModelUsed(model.version, model.rules_version)
        self._brought: dict[str, list[Brought]] = {}
        self._closed: set[str] = set()
        self._made: dict[tuple[str, str], str] = {}

    def examine(self, need_ids: Sequence[str]) -> None:
        """Bring the open proposals of these needs up to date."""
        index = self._knowledge.index
        ready = set(index.need_ids())
        lists = index.proposals_for_all([one for one in need_ids if one in ready], TOP)
        _one_at_a_time(self._work)
        for need_id in need_ids:
            self._examine_need(need_id, lists.get(need_id, []))

    def _examine_need(self, need_id: str, listed: list[Scored]) -> None:
        open_now = open_matches_of_need(self._work.connection, need_id)
        standing = [match for match in open_now if self._stands(match, listed)]
        proposals = [match for match in standing if match.state is State.PROPOSED]
        taken = {match.capability_set for match in standing}
        self._choose(need_id, listed, proposals, taken)

    # --- does what is open still stand? ---
    def _stands(self, match: Match, listed: list[Scored]) -> bool:
        if match.state not in BEFORE_INTRODUCTION or match.origin == "elsewhere":
            return True
        rule = self._rule_against(match)
        if rule is None:
            return True
        if rule == "listing_changed":
            self._close_changed(match, listed)
        else:
            close_by_rule(self._work, match, rule, superseded_by=self._who_took(match, rule))
            self._left(match)
        return False

    def _rule_against(self, match: Match) -> str | None:
        waits = match.state is not State.PROPOSED
        for capability_id in match.capability_ids:
            rule = self._rule_for_pair(match.need_id, capability_id)
            if rule and not (waits and rule in _HELD_BY_ITSELF | _LEFT_TO_A_PERSON):
                return rule
        return "listing_changed" if self._versions_now(match) != match.versions else None

    def _rule_for_pair(self, need_id: str, capability_id: str) -> str | None:
        index = self._knowledge.index
        try:
            refusal = index.refusal_of(need_id, capability_id)
        except KeyError:  # erased, or its member is
            return "not_published"
        return refusal.rule if refusal else None

    def _versions_now(self, match: Match) -> Versions:
        need = self._knowledge.need(match.need_id)
        listings = {one: self._knowledge.capability(one) for one in match.capability_ids}
        return Versions(
            need["material_version"] if need else 0,
            {id_: state["material_version"] if state else 0 for id_, state in listings.items()},
        )

    def _close_changed(self, match: Match, listed: list[Scored]) -> None:
        """A waiting proposal is followed by its new round if the pair is still worth it; what
        was approved is withdrawn, because people agreed to another text.
        """
        best = listed[: self._settings.proposals_per_need]
        again = match.state is State.PROPOSED and any(
            one.capability_id in match.capability_ids and one.score >= self._settings.least_score
            for one in best
        )
        if again:
            following = match_id_for(match.need_id, match.capability_ids, match.round + 1)
            self._close(match, "supersede", "listing_changed", following)
        else:
            self._close(match, "withdraw", "listing_changed", None)

    def _who_took(self, match: Match, rule: str) -> str | None:
        if rule != "no_partner_place":
            return None
        others = open_matches_of_need(self._work.connection, match.need_id)
        ahead = [one for one in others if one.state is not State.PROPOSED]
        return ahead[0].match_id if ahead else None

    def _close(self, match: Match, move: str, code: str, better: str | None) -> None:
        ending = Ending(code, By.RULE.value, rule_cooling(self._work, code))
        close_match(self._work, match, move, By.RULE, ending, superseded_by=better)
        self._left(match)

    def _left(self, match: Match) -> None:
        self._closed.add(match.match_id)
        for brought in self._brought.values():
            brought[:] = [one for one in brought if one.match_id != match.match_id]

    # --- which ones should be open? ---
    def _choose(
        self, need_id: str, listed: list[Scored], proposals: list[Match], taken: set[str]
    ) -> None:
        pinned = [match for match in proposals if match.viewed_at or match.hold]
        loose = {m.capability_ids[0]: m for m in proposals if m not in pinned}
        slots = max(0, self._settings.proposals_per_need - len(pinned))
        turned_away: set[str] = set()
        kept = self._fill(
            need_id, self._in_order(need_id, listed, loose, taken), slots, turned_away
        )
        if len(kept) < slots and turned_away and len(listed) == TOP:
            listed = self._knowledge.index.proposals_for(need_id, DEEP)
            deeper = self._in_order(need_id, listed, loose, taken)
            kept = self._fill(need_id, deeper, slots, turned_away)
        for match in loose.values():
            if match.match_id not in kept and match.match_id not in self._closed:
                self._close(match, "supersede", "better_found", kept[-1] if kept else None)
        known.note_turned_away(self._work.connection, need_id, turned_away)

    def _fill(
        self, need_id: str, candidates: list[Candidate], slots: int, turned_away: set[str]
    ) -> list[str]:
        """Ids of the open proposals, made where they were not there, best first."""
        kept: list[str] = []
        for candidate in candidates:
            if len(kept) >= slots:
                break
            found = self._accept(need_id, candidate, turned_away)
            if found is not None:
                kept.append(found)
        return kept

    def _in_order(
        self, need_id: str, listed: list[Scored], loose: dict[str, Match], taken: set[str]
    ) -> list[Candidate]:
        """What is open already and what could be, best first. A proposal whose score has drifted
        below the threshold waits on: only a better one, a rule or time ends it.
        """
        found = [
            Candidate(one, loose.get(one.capability_id))
            for one in listed
            if one.capability_id in loose
            or (one.capability_id not in taken and one.score >= self._settings.least_score)
        ]
        seen = {one.capability_id for one in listed}
        index = self._knowledge.index
        found += [
            Candidate(index.score_of(need_id, id_), match)
            for id_, match in loose.items()
            if id_ not in seen
        ]
        return sorted(found, key=lambda candidate: candidate.order)

    def _accept(self, need_id: str, candidate: Candidate, turned_away: set[str]) -> str | None:
        """The id of the open proposal of this pair, made now if it was not there."""
        if candidate.match is not None and candidate.match.match_id not in self._closed:
            return candidate.match.match_id
        scored = candidate.scored
        made = self._made.get((need_id, scored.capability_id))
        if made is not None and made not in self._closed:
            return made
        pair = self._pair(need_id, scored.capability_id)
        if pair is None:
            return None
        supplier = pair.bringing["member_id"]
        rank = (-scored.score, need_id, scored.capability_id)
        full, worst = self._room(supplier, rank)
        if full and worst is None:
            turned_away.add(supplier)
            return None
        round_ = self._opening(pair, scored)
        if round_ is None:
            return None
        now = self._work.now
        draft = draft_proposal(pair, scored, round_, self._model, self._settings, now)
        if worst is not None:
            given_up = load_match(self._work.connection, worst.match_id)
            self._close(given_up, "supersede", "member_busy", draft.match_id)
        cause = _cause_of(self._work, self._event_of(need_id))
        open_match(replace(self._work, cause=cause), draft, "proposed", By.RULE)
        tag_match(self._work.connection, draft, pair.sectors, pair.need)
        self._brought[supplier].append(Brought(rank, draft.match_id, pinned=False))
        self._made[need_id, scored.capability_id] = draft.match_id
        return draft.match_id

    def _opening(self, pair: Pair, scored: Scored) -> Opening | None:
        memory = memory_of(self._work.connection, scored.need_id, scored.capability_id)
        return opening(memory, pair.versions, self._work.now)

    def _pair(self, need_id: str, capability_id: str) -> Pair | None:
        knows = self._knowledge
        need, capability = knows.need(need_id), knows.capability(capability_id)
        if need is None or capability is None:
            return None
        needing, bringing = knows.member(need["member_id"]), knows.member(capability["member_id"])
        if needing is None or bringing is None:
            return None
        return Pair(need, capability, needing, bringing)

    def _room(self, member_id: str, rank: tuple[float, str, str]) -> tuple[bool, Brought | None]:
        """Whether the supplier has all it may have, and the one that gives way to this rank."""
        if member_id not in self._brought:
            brought = proposals_brought_by(self._work.connection, member_id)
            self._brought[member_id] = brought
        brought = self._brought[member_id]
        if len(brought) < self._settings.proposals_per_member:
            return False, None
        loose = [one for one in brought if not one.pinned]
        worst = max(loose, key=lambda one: one.rank, default=None)
        return True, worst if worst is not None and worst.rank > rank else None

    def _event_of(self, need_id: str) -> str | None:
        return known.event_id_of_need(self._work.connection, need_id)


def _cause_of(work: Work, event_id: str | None) -> Event | None:
    """The need's last event as the cause of its proposals; only its id is known here."""
    if event_id is None:
        return None
    return Event(
        id=event_id,
        source="/registry",
        type="",
        subject="",
        time=work.now,
        sequence=1,
        correlation_id=event_id,
        causation_id=None,
        data=None,
    )


def _one_at_a_time(work: Work) -> None:
    """Proposals are decided one transaction at a time, so that a supplier's cap is exact; the
    scoring before it runs in every worker at once.
    """
    if work.connection.dialect.name == "postgresql":
        work.connection.execute(text("SELECT pg_advisory_xact_lock(727072)"))
