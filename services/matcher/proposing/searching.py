"""Which consortium a need would have, as far as that hangs on what is known and not on what is open.

Asked ahead of the transaction that writes, so that nobody waits while it is worked out, and again
inside it: what has not changed meanwhile is answered from memory.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from services.matcher.domain.rounds import PairMemory
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.proposing.standing import cools
from services.matcher.scoring.choosing.bundle import Limits
from services.matcher.scoring.choosing.consortia import DEEP, Consortium, candidates_of
from services.matcher.settings import MatcherSettings

TOP = 10
"""How deep a need's list is looked into for one who brings everything; else `DEEP`."""
NOBODY: frozenset[str] = frozenset()


class Searching:
    """Questions about needs that want several kinds of help."""

    def __init__(self, knowledge: Knowledge, settings: MatcherSettings) -> None:
        self._knowledge = knowledge
        self._settings = settings

    def ahead(
        self,
        need_ids: Sequence[str],
        memories: Mapping[tuple[str, str], PairMemory],
        now: datetime,
    ) -> None:
        """Work out the lists of these needs and their consortia where nothing is open yet."""
        self._knowledge.rate(need_ids, TOP)
        asking = self.asking(need_ids)
        by_need: dict[str, list[PairMemory]] = {}
        for (need_id, _), memory in memories.items():
            by_need.setdefault(need_id, []).append(memory)
        for need_id in asking:
            if not self.alone(need_id)[1]:
                self.best(need_id, self.cooling(by_need.get(need_id, ()), now))

    def asking(self, need_ids: Iterable[str]) -> list[str]:
        """Those that want several kinds, their lists made as deep as it takes."""
        asking = [one for one in need_ids if self.wants_several(one)]
        self._knowledge.rate([one for one in asking if not self.alone(one)[1]], DEEP)
        return asking

    def wants_several(self, need_id: str) -> bool:
        index = self._knowledge.index
        several = self._settings.consortium_members > 2
        return several and index.ready(need_id) and len(set(index.market.needs[need_id].wants)) > 1

    def alone(self, need_id: str, top: int = TOP) -> tuple[set[str], bool]:
        """The member that brings most of what is wanted alone, and whether that is everything: then
        no consortium is due until it changes.
        """
        wants = frozenset(self._knowledge.index.market.needs[need_id].wants)
        listed = self._knowledge.rated(need_id, top)
        candidates = candidates_of(self._knowledge.index, need_id, wants, listed)
        fit = [one for one in candidates if one.score >= self._settings.least_score]
        most = max(fit, key=lambda one: len(one.brings), default=None)
        return ({most.member_id}, most.brings == wants) if most else (set(), False)

    def best(
        self, need_id: str, barred: Iterable[str], keep: frozenset[str] = NOBODY
    ) -> Consortium | None:
        """`barred` are sets of capabilities as matches name them."""
        limits = Limits(
            least=self._settings.least_score,
            members=self._settings.consortium_members,
            barred={frozenset(one.split("\n")) for one in barred},
            keep=keep,
        )
        return self._knowledge.consortium(need_id, DEEP, limits)

    def cooling(self, memories: Collection[PairMemory], now: datetime) -> list[str]:
        """Sets of capabilities of a need that are kept apart for now."""
        versions = self._knowledge.versions
        return [one.capabilities for one in memories if cools(one, versions, now)]
