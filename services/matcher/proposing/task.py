"""The worker's task of step 8: notices what changed, refreshes the index, has needs examined.

Any worker may take any share of the needs that is free; what it has taken in (`examined`) is
committed with the proposals, so a share that a worker dropped is taken up by the next one.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from services.matcher.domain.errors import StaleRevision
from services.matcher.models.epochs import is_due, record_epoch
from services.matcher.models.models_in_use import ModelsInUse
from services.matcher.propose import DEEP, Examination
from services.matcher.proposing.knowledge import Knowledge
from services.matcher.proposing.searching import Searching
from services.matcher.scoring.counting import count_index, size_of
from services.matcher.scoring.index import Model
from services.matcher.settings import MatcherSettings
from services.matcher.store import known
from services.matcher.store.changes import changed_ids
from services.matcher.store.counters import CHANGES, current_number
from services.matcher.store.matches import needs_with_open_match_of
from services.matcher.store.memory import memories_of
from services.matcher.store.word_epochs import newest_epoch
from shared.clock import Clock
from shared.observability.logging import get_logger
from shared.storage import Busy, Conflict, Database, StorageUnavailable, Work, unit_of_work
from shared.storage.watch import Watch, watch

NEEDS_AT_ONCE = 1_000
"""Looked at together, so that most is settled before it is written."""
MANY_AT_ONCE = 1_000
"""From so many changes on, every need of a share is examined: cheaper than asking for each."""
SHARES_AT_ONCE = 4
MANY_CHANGES = 50
MANY_NEEDS = {"sqlite": 5, "postgresql": 50}
"""From so many on they are worked out before the transaction that writes; SQLite has one writer."""
SETTLE_SECONDS, SETTLE_AT_MOST_SECONDS = 0.05, 2.0

_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Due:
    """What waits: the newest change number and the shares that have not seen it."""

    newest: int
    shares: tuple[int, ...]


class Proposer:
    """A `Task`. Reads and embeds outside of transactions; writes in one at a time."""

    def __init__(
        self, database: Database, model: Model, settings: MatcherSettings, clock: Clock
    ) -> None:
        self.name = "propose"
        self._database = database
        self._settings = settings
        self._clock = clock
        self._models = ModelsInUse(database, model)
        self._knowledge = Knowledge(model, clock.now().date(), keeps_rows=True)
        self._watch: Watch | None = None

    def step(self, timeout_seconds: float = 0.0) -> bool:
        try:
            due = self._due(self._clock.now().date())
            if not due.shares:
                self._wait(timeout_seconds)
                return False
            self._settle(due, timeout_seconds)
            return self._propose()
        except (Busy, Conflict, StaleRevision, StorageUnavailable) as error:
            # Somebody was quicker or the database is away: the marks were not moved, look again.
            _log.info("propose_again", kind=type(error).__name__)
            self._wait(min(timeout_seconds, 0.05))
            return False

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _wait(self, timeout_seconds: float) -> None:
        """A watch of our own: a shared one would be woken by whoever looks first."""
        if timeout_seconds <= 0:
            return
        if self._watch is None:
            database = self._database
            self._watch = watch(database.engine, database.dialect, database.path)
            return  # what was committed before the watch began is seen by looking once more
        self._watch.wait(timeout_seconds)

    def _due(self, today: date) -> _Due:
        with self._database.read() as connection:
            newest = current_number(connection, CHANGES)
            marks = known.examined_marks(connection)
            waiting = known.waiting_partitions(connection)
        shares = tuple(
            share
            for share in range(known.NEED_PARTITIONS)
            if share in waiting or marks.get(share, (0, None)) != (newest, today)
        )
        if newest == 0 and not waiting:
            return _Due(0, ())
        return _Due(newest, shares)

    def _settle(self, due: _Due, timeout_seconds: float) -> None:
        """While a whole file comes in, wait for it: proposals made in its middle would only be
        replaced by its end.
        """
        if timeout_seconds <= 0 or due.newest - self._knowledge.up_to < MANY_CHANGES:
            return
        deadline = time.monotonic() + SETTLE_AT_MOST_SECONDS
        newest = due.newest
        while time.monotonic() < deadline:
            time.sleep(SETTLE_SECONDS)
            with self._database.read() as connection:
                now = current_number(connection, CHANGES)
            if now == newest:
                return
            newest = now

    def _propose(self) -> bool:
        today = self._clock.now().date()
        model = self._models.now()
        if model is not self._knowledge.model:
            self._knowledge = Knowledge(model, today, keeps_rows=True)
        if self._knowledge.refresh(self._database, today):
            return True
        if self._make_epoch():
            return True
        due = self._due(today)
        if not due.shares:
            return False  # another worker was quicker
        at_once = len(due.shares) if self._database.dialect == "sqlite" else SHARES_AT_ONCE
        taken = False
        for start in range(0, len(due.shares), at_once):
            shares = due.shares[start : start + at_once]
            self._work_out_ahead(shares, today)
            with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
                taken = self._propose_for(work, shares, today) or taken
        return taken

    def _make_epoch(self) -> bool:
        """Count the words anew where the coalition has outgrown the newest count."""
        index = self._knowledge.index
        if not is_due(size_of(index), None):
            return False
        with self._database.read() as connection:
            newest = newest_epoch(connection)
        if not is_due(size_of(index), newest):
            return False
        counts = count_index(index)
        with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
            made = record_epoch(work, counts, size_of(index))
        if made:
            _log.info("words_counted", epoch=counts.name, listings=size_of(index))
        return made

    def _work_out_ahead(self, shares: tuple[int, ...], today: date) -> None:
        """Score and search before the transaction in which nobody else can write; it asks again,
        and works out only what changed in between. Few needs are not worth the look.
        """
        now = self._clock.now()
        with self._database.read() as connection:
            marks = known.examined_marks(connection)
            whole = {one for one in shares if marks.get(one, (0, None))[1] != today}
            needs = known.needs_to_examine(connection, shares)
            needs |= {one for one in self._knowledge.index.need_ids()
                      if whole and known.partition_of(one) in whole}  # fmt: skip
            if len(needs) < MANY_NEEDS[self._database.dialect]:
                return
            self._knowledge.refresh_standing(connection, now)
            some = sorted(needs)[:NEEDS_AT_ONCE]
            memories = memories_of(connection, some)
        Searching(self._knowledge, self._settings).ahead(some, memories, now)

    def _propose_for(self, work: Work, shares: tuple[int, ...], today: date) -> bool:
        locked = known.lock_partitions(work.connection, shares)
        if not locked:
            return False
        if self._models.seen_by(work.connection) is not self._knowledge.model:
            return True  # accepted since we looked: nothing is proposed by what it replaced
        marked = known.take_to_examine(work.connection, locked)
        self._knowledge.refresh_standing(work.connection, work.now)
        needs = sorted(marked | self._changed(work, locked, today))
        examination = Examination(work, self._knowledge, self._settings)
        again = examination.examine(needs[:NEEDS_AT_ONCE])
        known.mark_to_examine(work.connection, [*needs[NEEDS_AT_ONCE:], *again])
        known.set_examined(work.connection, locked, self._knowledge.up_to, today)
        return True

    def _changed(
        self, work: Work, locked: dict[int, tuple[int, date | None]], today: date
    ) -> set[str]:
        """Needs of the locked shares that what they have not seen may concern."""
        whole = {share for share, (_, on_day) in locked.items() if on_day != today}
        behind = {s: up_to for s, (up_to, _) in locked.items() if s not in whole}
        found: set[str] = set()
        if behind:
            since = min(behind.values())
            changes = changed_ids(work.connection, since, self._knowledge.up_to, MANY_AT_ONCE)
            if len(changes) >= MANY_AT_ONCE:
                whole |= set(behind)
            else:
                affected = affected_needs(
                    self._knowledge, changes, work.connection, self._settings.least_score
                )
                found = {one for one in affected if known.partition_of(one) in behind}
        if whole:
            everything = self._knowledge.index.need_ids()
            found |= {one for one in everything if known.partition_of(one) in whole}
            found |= known.needs_with_open_match(work.connection, whole)
        return found


def affected_needs(
    knowledge: Knowledge, changed: Iterable[tuple[str, str]], connection: Connection, least: float
) -> set[str]:
    """Needs whose open proposals may differ after these changes of the projection."""
    needs: set[str] = set()
    capabilities: set[str] = set()
    for kind, id_ in changed:
        if kind == "need":
            needs.add(id_)
        elif kind == "capability":
            capabilities.add(id_)
        else:
            lacks, brings = knowledge.listings_of(id_)
            needs.update(lacks)
            capabilities.update(brings)
    owners = {state["member_id"] for one in capabilities if (state := knowledge.capability(one))}
    needs.update(known.turned_away_by(connection, owners))
    offered = sorted(capabilities.intersection(knowledge.index.capability_ids()))
    if offered:
        needs.update(knowledge.index.needs_near(offered, DEEP, least))
    return needs | needs_with_open_match_of(connection, capabilities)
