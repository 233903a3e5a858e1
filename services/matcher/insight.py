"""What the web shows beside a stored match: near misses, and what the model would say today.

One index per process, refreshed by change number when it is asked; built at the first question.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from services.matcher.knowledge import Knowledge
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.results import Refused
from shared.clock import Clock
from shared.storage import Database


class Insight:
    def __init__(self, database: Database, model: Model, clock: Clock) -> None:
        self._database = database
        self._model = model
        self._clock = clock
        self._lock = threading.Lock()
        self._knowledge: Knowledge | None = None

    @contextmanager
    def index(self) -> Iterator[MatchIndex]:
        """The coalition as of now. One at a time: an index belongs to one thread."""
        now = self._clock.now()
        with self._lock:
            yield self._refreshed(now).index

    def refusals_for(self, need_id: str, top: int = 10) -> list[Refused]:
        """Pairs that would have been in the need's top but for a rule. KeyError: unknown need."""
        with self.index() as index:
            return index.refusals_for(need_id, top)

    def _refreshed(self, now: datetime) -> Knowledge:
        if self._knowledge is None:
            self._knowledge = Knowledge(self._model, now.date())
        self._knowledge.catch_up(self._database, now.date())
        with self._database.read() as connection:
            self._knowledge.refresh_standing(connection, now)
        return self._knowledge
