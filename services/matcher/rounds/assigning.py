"""An assignment round: gathers what could be proposed and has the best choice made, exactly.

A live round's choice is written down and every need is marked to be examined: proposing then brings
about what was chosen, with the rules asked again in the transaction that opens it (`propose.py`). A
what-if run chooses twice from the same lists, as now and as asked, and changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from services.matcher.domain.assignment import DONE, LIVE, AssignmentRound, RoundParameters
from services.matcher.domain.states import State as MatchState
from services.matcher.propose import DEEP, DEEPEST
from services.matcher.proposing.as_scored import State
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.rounds.places_of_needs import NeedPlaces
from services.matcher.scoring.choosing.assign import (
    Assignment,
    Candidate,
    Floor,
    Rooms,
    assign,
    assign_evenly,
    exposure,
    gini,
)
from services.matcher.scoring.index import Model
from services.matcher.scoring.learning.scorer import FEATURES, scorer_of
from services.matcher.scoring.learning.weights import Weights
from services.matcher.settings import MatcherSettings
from services.matcher.store import known
from services.matcher.store.assignments import (
    Chosen,
    forget_choices_before,
    parameters_in_use,
    put_choices,
    put_in_force,
    update_round,
)
from services.matcher.store.matches import matches_where
from services.matcher.store.tables import matches
from shared.clock import Clock
from shared.storage import Database, Work, unit_of_work

NEEDS_AT_ONCE = 250
CHOICES_KEPT_DAYS = 30
MOST_CANDIDATES = 300_000
"""What a program may hold, but for what a list of 30 a need comes to."""
Pairs = frozenset[tuple[str, str]]
Report = Callable[[str, float], None]
"""What is being done, and how much of the whole is: 0 to 1."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What a round chooses from: candidates, and what is open without being the round's to change."""

    knowledge: Knowledge
    candidates: Sequence[Candidate]
    open_now: Pairs
    pairs: Mapping[tuple[str, str], Candidate]
    """Every pair that is a candidate or open."""
    beside: Mapping[str, int]
    """By supplier, the consortia that count with another supplier of theirs."""


def settings_parameters(settings: MatcherSettings) -> RoundParameters:
    """What a round keeps to until other parameters are put to use."""
    return RoundParameters(
        per_need=settings.proposals_per_need,
        per_member=settings.proposals_per_member,
        per_place=settings.round_per_place,
        give_up=settings.round_give_up,
        floor=settings.round_floor,
    )


class RoundRun:
    """One run from its row to its figures, with an index of its own while it lasts."""

    def __init__(
        self, database: Database, model: Model, settings: MatcherSettings, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._model = model

    def carry_out(self, found: AssignmentRound, report: Report) -> None:
        """Choose, compare, write. Raises what storage or solver raise; nothing is half written."""
        asked = found.parameters
        model = _reweighted(self._model, asked.weights)
        report("Reading the coalition", 0.02)
        lists = self._lists(model, lambda share: report("Scoring pairs", 0.1 + 0.4 * share))
        report("Choosing", 0.5)
        then, figures = self._choose(lists, asked)
        report("Comparing", 0.75)
        now, compared = lists.open_now, {"then": figures}
        if found.kind != LIVE:
            with self._database.read() as connection:
                in_use = parameters_in_use(connection, settings_parameters(self._settings))
            beside = self._lists(self._model, lambda _: None) if asked.weights else lists
            alike, compared["now"] = self._choose(beside, in_use)
            now = alike.pairs
            lists = replace(lists, pairs={**beside.pairs, **lists.pairs})
        report("Writing", 0.95)
        self._write(found, then, now, lists, compared)

    # --- what there is to choose from ---
    def _lists(self, model: Model, progress: Callable[[float], None]) -> Lists:
        now = self._clock.now()
        knowledge = Knowledge(model, now.date())
        knowledge.catch_up(self._database, now.date())
        with self._database.read() as connection:
            knowledge.refresh_standing(connection, now)
            scorer = self._model.scorer.version_
            fixed, loose, beside = _open_proposals(connection, scorer)
        candidates = [*fixed, *_candidates(knowledge, self._settings.least_score, progress)]
        return Lists(
            knowledge,
            candidates,
            frozenset((one.need_id, one.capability_id) for one in (*fixed, *loose)),
            {(one.need_id, one.capability_id): one for one in (*loose, *candidates)},
            beside,
        )

    # --- choosing ---
    def _choose(self, lists: Lists, asked: RoundParameters) -> tuple[Assignment, dict[str, Any]]:
        knows = lists.knowledge
        rooms = _rooms(lists, asked)
        needs = sorted({one.need_id for one in lists.candidates})
        places = NeedPlaces(knows.need, knows.member, asked.level)
        floor = Floor(asked.floor, places.needs_by_place(needs))
        then = assign_evenly(lists.candidates, rooms, floor, asked.give_up)
        free = then
        if asked.floor > 0:
            free = assign(lists.candidates, replace(rooms, per_member=then.per_member))
        figures = _figures(lists, then, floor)
        figures["without_floor"] = free.expected
        figures["floor_cost"] = round(max(0.0, free.expected - then.expected), 4)
        return then, figures | places.told(floor, then)

    # --- writing ---
    def _write(
        self,
        found: AssignmentRound,
        then: Assignment,
        now: Pairs,
        lists: Lists,
        figures: dict[str, Any],
    ) -> None:
        choices = list(_changes(then, now, lists))
        figures["gained"] = sum(one.change == "gained" for one in choices)
        figures["lost"] = sum(one.change == "lost" for one in choices)
        with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
            put_choices(work.connection, found.round_id, choices)
            if found.kind == LIVE:
                _put_in_force(work, found, then, lists)
            update_round(
                work.connection,
                found.round_id,
                status=DONE,
                phase="",
                progress=1.0,
                figures=figures,
                model_version=lists.knowledge.model.version,
                finished_at=work.now,
            )
            forget_choices_before(work.connection, work.now - timedelta(days=CHOICES_KEPT_DAYS))


def _put_in_force(work: Work, found: AssignmentRound, then: Assignment, lists: Lists) -> None:
    """Every need is looked at again: each may have to give up what others need more."""
    single = {pair for pair in then.pairs if "\n" not in pair[1]}  # consortia look after themselves
    needs = put_in_force(work.connection, found.round_id, single)
    known.mark_to_examine(work.connection, needs | set(lists.knowledge.index.need_ids()))


def _candidates(
    knowledge: Knowledge, least: float, progress: Callable[[float], None]
) -> Iterator[Candidate]:
    """What no rule refuses and is good enough; less deep where there are very many needs."""
    need_ids = knowledge.index.need_ids()
    deep = max(DEEP, min(DEEPEST, MOST_CANDIDATES // max(1, len(need_ids))))
    for start in range(0, len(need_ids), NEEDS_AT_ONCE):
        part = need_ids[start : start + NEEDS_AT_ONCE]
        for need_id, listed in knowledge.index.rated_for_all(part, deep).items():
            for one in listed:
                capability = knowledge.capability(one.capability_id)
                if one.score >= least and capability is not None:
                    supplier = str(capability["member_id"])
                    yield Candidate(need_id, one.capability_id, supplier, one.score)
        progress(min(1.0, (start + len(part)) / len(need_ids)))


def _rooms(lists: Lists, asked: RoundParameters) -> Rooms:
    """A match takes a place of its capability, whatever its units: approval counts those."""
    together = Counter(
        part
        for one in lists.candidates
        if "\n" in one.capability_id
        for part in one.capability_id.split("\n")
    )

    def room(capability_id: str) -> int:
        left = lists.knowledge.capacity_left(capability_id) * asked.per_place
        return max(0, left - together[capability_id])

    return Rooms(
        per_need={one.need_id: asked.per_need for one in lists.candidates},
        per_capability={one.capability_id: room(one.capability_id) for one in lists.candidates},
        per_member=asked.per_member,
        beside=lists.beside,
    )


def _reweighted(model: Model, weights: Mapping[str, float]) -> Model:
    """Other log-odds for the features named, to see what would come of them."""
    if not weights:
        return model
    own = dict(zip(FEATURES, model.scorer.coef_.tolist(), strict=True))
    return model.learned(Weights({**own, **weights}, model.scorer.intercept_))


def _open_proposals(
    connection: Connection, scorer: str
) -> tuple[list[Candidate], list[Candidate], Counter[str]]:
    """What a round may not touch (seen, held, scored by other weights than now, or of several
    suppliers), what it may, and whom consortia take a place of
    besides the supplier they count with.
    """
    fixed: list[Candidate] = []
    loose: list[Candidate] = []
    beside: Counter[str] = Counter()
    for match in matches_where(connection, matches.c.state == MatchState.PROPOSED):
        other = scorer_of(match.model_version) != scorer or len(match.capability_ids) > 1
        keeps = bool(other or match.viewed_at or match.hold)
        one = Candidate(
            match.need_id, match.capability_set, match.bringing_member_ids[0], match.score, keeps
        )
        (fixed if keeps else loose).append(one)
        beside.update(match.bringing_member_ids[1:])
    return fixed, loose, beside


def _figures(lists: Lists, then: Assignment, floor: Floor) -> dict[str, Any]:
    needs = lists.knowledge.index.need_ids()
    members = {one.member_id for one in lists.candidates}
    served = {one.need_id for one in then.chosen}
    spread = exposure(then.chosen, members)
    return {
        "candidates": len(lists.candidates),
        "open_needs": sum(_is_published(lists.knowledge.need(one)) for one in needs),
        "needs": len({one.need_id for one in lists.candidates}),
        "covered": len(served),
        "pairs": len(then.chosen),
        "expected": then.expected,
        "gini": round(gini(spread.values()), 4),
        "suppliers": len(members),
        "most_of_a_member": max(spread.values(), default=0),
        "per_member": then.per_member,
        "places": len(floor.places),
    }


def _changes(then: Assignment, now: Pairs, lists: Lists) -> Iterator[Chosen]:
    for need_id, capability_set in sorted(then.pairs | now):
        pair = (need_id, capability_set)
        change = "kept" if pair in now else "gained"
        if pair not in then.pairs:
            change = "lost"
        one = lists.pairs[pair]
        yield Chosen(need_id, capability_set, one.member_id, one.score, change)


def _is_published(need: State | None) -> bool:
    return need is not None and need["status"] == "published"
