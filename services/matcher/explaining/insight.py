"""What the web shows beside a stored match: near misses, and what the model would say today.

One index per process, refreshed by change number when it is asked; built when the web process
starts, or at the first question.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.market.rules import RULES
from services.matcher.scoring.reasons.near import NearMiss, near_misses
from services.matcher.scoring.results import Refusal, Refused
from services.matcher.store.matches import matched_capabilities
from shared.clock import Clock
from shared.storage import Database

_Asked = tuple[str, float, int | None, frozenset[str]]
"""Need, threshold, how many near misses, and which capabilities are none."""


class Insight:
    def __init__(self, database: Database, model: Model, clock: Clock) -> None:
        self._database = database
        self._models = ModelsInUse(database, model)
        self._clock = clock
        self._lock = threading.Lock()
        self._knowledge: Knowledge | None = None
        self._warm = False
        self._near: dict[_Asked, list[NearMiss]] = {}
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

    def near_misses(self, need_id: str, least: float, most: int | None = None) -> list[NearMiss]:
        """Who almost fitted and has no open match, and what would change it: the first `most`.
        KeyError: unknown need.
        """
        matched = self._matched(need_id)
        with self.index() as index:
            return self._near_misses(index, (need_id, least, most, matched))

    def of_proposal(
        self, need_id: str, capability_ids: Sequence[str], least: float, most: int
    ) -> tuple[Refusal | None, list[NearMiss]]:
        """In one look: the rule that would refuse the match today, as far as this process knows,
        and the first near misses of its need. A listing that is gone is refused as not published.
        """
        matched = self._matched(need_id)
        with self.index() as index:
            try:
                refused = [index.refusal_of(need_id, one) for one in capability_ids]
                near = self._near_misses(index, (need_id, least, most, matched))
            except KeyError:
                return Refusal("not_published", RULES["not_published"]), []
        return next(filter(None, refused), None), near

    def _near_misses(self, index: MatchIndex, asked: _Asked) -> list[NearMiss]:
        """Trying changes out costs tens of milliseconds a pair, so answers are kept until anything
        that they depend on has changed.
        """
        knows, market = self._knowledge, index.market
        number = knows and knows.up_to
        seen = (index, number, market.state, market.as_of, market.priorities, index.version)
        if seen != self._near_of:
            self._near_of = seen
            self._near.clear()
        if asked not in self._near:
            need_id, least, most, matched = asked
            self._near[asked] = near_misses(index, need_id, least, most=most, without=matched)
        return self._near[asked]

    def _matched(self, need_id: str) -> frozenset[str]:
        """Capabilities that an open match brings to the need."""
        with self._database.read() as connection:
            return frozenset(matched_capabilities(connection, need_id))

    def _refreshed(self, now: datetime) -> Knowledge:
        model = self._models.now()
        if self._knowledge is None or self._knowledge.model is not model:
            self._knowledge = Knowledge(model, now.date())
        self._knowledge.catch_up(self._database, now.date())
        with self._database.read() as connection:
            self._knowledge.refresh_standing(connection, now)
        return self._knowledge
