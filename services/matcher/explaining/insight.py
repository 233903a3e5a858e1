"""What the web shows beside a stored match: near misses, and what the model would say today.

One index per process, refreshed by change number when it is asked; built when the web process
starts, or at the first question.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.reasons.near import NearMiss, near_misses
from services.matcher.scoring.results import Refused
from services.matcher.store.matches import open_matches_of_need
from shared.clock import Clock
from shared.storage import Database


class Insight:
    def __init__(self, database: Database, model: Model, clock: Clock) -> None:
        self._database = database
        self._models = ModelsInUse(database, model)
        self._clock = clock
        self._lock = threading.Lock()
        self._knowledge: Knowledge | None = None
        self._warm = False
        self._near: dict[tuple[str, float], list[NearMiss]] = {}
        self._near_of: tuple[object, ...] = ()

    @contextmanager
    def index(self) -> Iterator[MatchIndex]:
        """The coalition as of now. One at a time: an index belongs to one thread."""
        now = self._clock.now()
        with self._lock:
            yield self._refreshed(now).index

    @property
    def built(self) -> bool:
        """Whether the first question need not wait any more."""
        return self._warm

    def warm(self) -> None:
        """Build what the first question would have to wait for. Fails as a question would."""
        with self.index() as index:
            index.model.representer.suggester.read("help")  # embeds the texts typical of goals
            index.proposals_for_all(index.need_ids()[:1], 1)  # loads what was compiled
        self._warm = True

    def refusals_for(self, need_id: str, top: int = 10) -> list[Refused]:
        """Pairs that would have been in the need's top but for a rule. KeyError: unknown need.

        What has an open match is left out: it may have taken the last place itself.
        """
        with self.index() as index:
            found = index.refusals_for(need_id, top)
        matched = self._matched(need_id)
        return [one for one in found if one.capability_id not in matched]

    def near_misses(self, need_id: str, least: float) -> list[NearMiss]:
        """Who almost fitted and has no open match, and what would change it. KeyError: unknown
        need.

        Trying changes out costs tens of milliseconds a pair, so answers are kept until anything
        that they depend on has changed.
        """
        with self.index() as index:
            knows = self._knowledge
            market, number = index.market, knows and knows.up_to
            seen = (index, number, market.state, market.as_of, market.priorities, index.version)
            if seen != self._near_of:
                self._near_of = seen
                self._near.clear()
            if (need_id, least) not in self._near:
                self._near[need_id, least] = near_misses(index, need_id, least)
            found = self._near[need_id, least]
        matched = self._matched(need_id)
        return [one for one in found if one.capability_id not in matched]

    def _matched(self, need_id: str) -> set[str]:
        """Capabilities that an open match brings to the need."""
        with self._database.read() as connection:
            found = open_matches_of_need(connection, need_id)
        return {capability_id for match in found for capability_id in match.capability_ids}

    def _refreshed(self, now: datetime) -> Knowledge:
        model = self._models.now()
        if self._knowledge is None or self._knowledge.model is not model:
            self._knowledge = Knowledge(model, now.date())
        self._knowledge.catch_up(self._database, now.date())
        with self._database.read() as connection:
            self._knowledge.refresh_standing(connection, now)
        return self._knowledge
