"""Alternatives for one need side by side, as the matcher sees them today."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.matcher.domain.matches import Match
from services.matcher.explaining.insight import Insight
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.learning.scorer import BASELINE, FEATURES, strength
from services.matcher.scoring.reasons.conditions import sentence_of
from services.matcher.scoring.reasons.near import change_for, near_ids, sides_of
from services.matcher.scoring.results import Reason
from services.matcher.store import known
from services.matcher.store import tables as t
from services.matcher.store.matches import open_matches_of_need
from shared.storage import Database

FEWEST, MOST = 2, 4
OFFERED_TO_CHOOSE = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that could be compared; `chosen` where it is."""

    capability_id: str
    member_name: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """One column. `change` says what would make it a match, where it is none as it is."""

    capability: Mapping[str, Any]
    member_name: str
    score: float
    strength: str
    reasons: Mapping[str, Reason]
    refused: str
    change: str
    match: Match | None


@dataclass(frozen=True, slots=True)
class Comparison:
    alternatives: Sequence[Alternative]
    choices: Sequence[Choice]
    features: Sequence[str]
    """Those that say something of any of them, in the order of a score."""


class Compare:
    def __init__(self, database: Database, insight: Insight, least_score: float) -> None:
        self._database = database
        self._insight = insight
        self._least_score = least_score

    def of_match(self, match: Match, asked: Iterable[str]) -> Comparison:
        """`asked` are ids of capabilities; unknown ones are left out, and where fewer than two
        are left the need's best take their place. Empty where the need is not matched any more.
        """
        try:
            with self._insight.index() as index:
                found = self._found(index, match, asked)
        except KeyError:
            return Comparison([], [], [])
        told = [name for name in (BASELINE, *FEATURES)
                if any(name in one.reasons for one in found.alternatives)]  # fmt: skip
        return Comparison(found.alternatives, found.choices, told)

    def _found(self, index: MatchIndex, match: Match, asked: Iterable[str]) -> Comparison:
        rated = index.rated_for_all([match.need_id], OFFERED_TO_CHOOSE)[match.need_id]
        known_ids = index.market.capability_table.row_of
        with self._database.read() as connection:
            open_now = {
                one: other
                for other in open_matches_of_need(connection, match.need_id)
                for one in other.capability_ids
            }
        near = near_ids(index, match.need_id, self._least_score, without=open_now)
        best = dict.fromkeys([*(one for one in match.capability_ids if one in known_ids),
                              *(one.capability_id for one in rated), *near])  # fmt: skip
        chosen = [one for one in dict.fromkeys(asked) if one in known_ids][:MOST]
        if len(chosen) < FEWEST:
            chosen = [*dict.fromkeys([*chosen, *best])][: MOST - 1]
        with self._database.read() as connection:
            states = known.states_of(connection, t.capabilities, chosen)
        columns = [
            self._alternative(index, match.need_id, states[one], open_now.get(one))
            for one in chosen
            if one in states
        ]
        offered = dict.fromkeys([*chosen, *best])
        return Comparison(columns, [_choice(index, one, one in chosen) for one in offered], [])

    def _alternative(
        self, index: MatchIndex, need_id: str, state: Mapping[str, Any], match: Match | None
    ) -> Alternative:
        capability_id = state["capability_id"]
        scored = index.score_of(need_id, capability_id)
        refused = index.refusal_of(need_id, capability_id)
        is_match = match is not None or (not refused and scored.score >= self._least_score)
        sides = sides_of(index.market, need_id, capability_id)
        change = ""
        if not is_match:
            found = change_for(index, need_id, capability_id, self._least_score)
            change = sentence_of(found, sides, index.model.explainer.wording)
        return Alternative(
            capability=state,
            member_name=sides.bringing.name,
            score=scored.score,
            strength=strength(scored.score),
            reasons={one.feature: one for one in scored.reasons},
            refused=refused.text if refused and not match else "",
            change=change,
            match=match,
        )


def _choice(index: MatchIndex, capability_id: str, chosen: bool) -> Choice:
    capability = index.market.capabilities[capability_id]
    member = index.market.members[capability.member_id]
    return Choice(capability_id, member.name, capability.title, chosen)
