"""What almost became a proposal: refused pairs that score well, and the best that are too weak.

Computed from the worker's own index, kept in memory and refreshed by change number, so that the
reasons shown are the ones that decide. Many threads may ask; one at a time is answered.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from services.matcher.knowledge import Knowledge
from services.matcher.scoring.index import Model
from services.matcher.scoring.results import Reason
from services.matcher.scoring.scorer import strength
from shared.clock import Clock
from shared.storage import Database

REFUSED_AMONG = 10
TOO_WEAK = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A capability that did not become a proposal for this need, and why in a sentence."""

    capability_id: str
    title: str
    member_id: str
    member_name: str
    score: float
    strength: str
    rule: str
    why: str


class NearMisses:
    def __init__(self, database: Database, model: Model, clock: Clock, least_score: float) -> None:
        self._database = database
        self._model = model
        self._clock = clock
        self._least_score = least_score
        self._lock = threading.Lock()
        self._knowledge: Knowledge | None = None

    def of_need(self, need_id: str) -> list[Near]:
        """Refused ones, best first, then the best that no rule refuses but that are too weak.
        Empty for a need that is not matched (any more).
        """
        with self._lock:
            knowledge = self._refreshed()
            try:
                refused = knowledge.index.refusals_for(need_id, REFUSED_AMONG)
                ranked = knowledge.index.proposals_for(need_id, TOO_WEAK)
            except KeyError:
                return []
            found = [
                self._near(
                    knowledge, one.capability_id, one.score, one.refusal.rule, one.refusal.text
                )
                for one in refused
            ]
            weak = [one for one in ranked if one.score < self._least_score]
            found += [
                self._near(
                    knowledge, one.capability_id, one.score, "too_weak", _weakness(one.reasons)
                )
                for one in weak
            ]
        return [near for near in found if near is not None]

    def _refreshed(self) -> Knowledge:
        now = self._clock.now()
        if self._knowledge is None:
            self._knowledge = Knowledge(self._model, now.date())
        self._knowledge.refresh(self._database, now.date())
        with self._database.read() as connection:
            self._knowledge.refresh_standing(connection, now)
        return self._knowledge

    @staticmethod
    def _near(
        knowledge: Knowledge, capability_id: str, score: float, rule: str, why: str
    ) -> Near | None:
        capability = knowledge.capability(capability_id)
        if capability is None:
            return None
        member = knowledge.member(capability["member_id"])
        return Near(
            capability_id=capability_id,
            title=capability["title"],
            member_id=capability["member_id"],
            member_name=member["name"] if member else capability["member_id"],
            score=score,
            strength=strength(score),
            rule=rule,
            why=why,
        )


def _weakness(reasons: Sequence[Reason]) -> str:
    """The sentence that cost most, else that nothing speaks for it."""
    against = [one for one in reasons if one.contribution < 0 and one.feature != "baseline"]
    if not against:
        return "Too little speaks for it."
    return str(min(against, key=lambda one: one.contribution).text)
