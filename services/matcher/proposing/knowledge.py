"""What one worker holds in memory: the coalition as the projection has it, ready to be scored.

Refreshed by change number, never by asking everything again. One instance belongs to one thread.
"""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import Connection

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.domain.entities import Conflict as Barred
from services.matcher.proposing.as_scored import (
    State,
    capability_of,
    conflicts_of,
    member_of,
    need_of,
)
from services.matcher.proposing.standing import Listed, pair_state
from services.matcher.scoring.choosing.bundle import Limits
from services.matcher.scoring.choosing.consortia import Consortium, consortium_for
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.results import PairState, Rated
from services.matcher.scoring.text.kept_rows import KeptRows, Whose
from services.matcher.store.changes import Change, changes_since
from services.matcher.store.figures import figures_number, priorities_of
from services.matcher.store.listing_rows import erase_rows, put_rows, rows_of
from shared.observability.logging import get_logger
from shared.storage import Busy, Conflict, Database, StorageUnavailable

AT_ONCE, KEPT_AT_ONCE = 400, 2_000
"""How many changes are taken in in one go; the second where no text had to be read last time."""
LISTINGS = ("capability", "need")
_log = get_logger()


class Knowledge:
    """The index of this worker and the change number up to which it knows everything."""

    def __init__(self, model: Model, day: date, *, keeps_rows: bool = False) -> None:
        """`keeps_rows`: write down what texts came to, which a process that only reads must not."""
        self.model = model
        self.index: MatchIndex = model.build([], [], [], day)
        self.up_to = 0
        self.states: dict[tuple[str, str], State] = {}
        self._conflicts: dict[str, tuple[Barred, ...]] = {}
        self._listed = Listed()
        self._standing = PairState()
        self._figures = 0
        self._rated: dict[tuple[str, int], list[Rated]] = {}
        self._keeps_rows = keeps_rows
        self._consortia: dict[tuple[object, ...], Consortium | None] = {}
        self._at_once = AT_ONCE
        self._rows = KeptRows(gathers=keeps_rows)

    def refresh(self, database: Database, day: date) -> bool:
        """Take in what is new, a few hundred at a time; True while there may be more.

        Opens its own transactions: call it outside of one. A text that was never seen takes
        milliseconds to embed, which is why a whole import is not taken in at once.
        """
        with _uncollected():
            more = self._take_in(database)
        if day != self.index.as_of:
            self._forget()
            self.index.set_as_of(day)
        return more

    def _take_in(self, database: Database) -> bool:
        read = self._rows.read
        with database.read() as connection:
            changes = changes_since(connection, self.up_to, self._at_once)
            listed = [(one.kind, one.id) for one in changes.rows if one.kind in LISTINGS]
            self._rows.find(rows_of(connection, listed))
        if changes.rows:
            self._forget()
            gone = self._take(changes.rows)
            if self._keeps_rows:
                self._keep_rows(database, gone)
        self.up_to = changes.up_to
        self._at_once = AT_ONCE if self._rows.read > read else KEPT_AT_ONCE
        return changes.more

    def catch_up(self, database: Database, day: date) -> None:
        """Refresh until nothing is left."""
        while self.refresh(database, day):
            pass

    def refresh_standing(self, connection: Connection, now: datetime) -> None:
        """Count again what is reserved, cooling and busy, as this transaction sees it, and take
        in official figures that came or went.
        """
        figures = figures_number(connection)
        if figures != self._figures:
            self._forget()
            self.index.set_priorities(priorities_of(connection))
            self._figures = figures
        state = pair_state(connection, self._listed, dict(self._conflicts), now)
        if state != self._standing:
            self._forget()
            self.index.set_state(state)
            self._standing = state

    def rate(self, need_ids: Iterable[str], top: int) -> None:
        """Make the lists of many needs at once, those that are not known yet."""
        ready = self.index.ready
        fresh = [one for one in need_ids if (one, top) not in self._rated and ready(one)]
        if fresh:
            found = self.index.rated_for_all(fresh, top)
            self._rated |= {(need_id, top): listed for need_id, listed in found.items()}

    def rated(self, need_id: str, top: int) -> list[Rated]:
        """The need's list as things are now; empty where it cannot be asked for."""
        if (need_id, top) not in self._rated:
            self.rate([need_id], top)
        return self._rated.get((need_id, top), [])

    def consortium(self, need_id: str, deep: int, limits: Limits) -> Consortium | None:
        """The best consortium of the need as things are now, within these limits."""
        asked = need_id, deep, limits.least, limits.members, frozenset(limits.barred), limits.keep
        if asked not in self._consortia:
            need, rated = self.index.market.needs[need_id], self.rated(need_id, deep)
            self._consortia[asked] = consortium_for(self.index, need, rated, limits)
        return self._consortia[asked]

    @property
    def versions(self) -> Mapping[str, int]:
        """Material version by need and capability id."""
        return self._listed.versions

    def need(self, need_id: str) -> State | None:
        return self.states.get(("need", need_id))

    def capability(self, capability_id: str) -> State | None:
        return self.states.get(("capability", capability_id))

    def member(self, member_id: str) -> State | None:
        return self.states.get(("member", member_id))

    def capacity_left(self, capability_id: str) -> int:
        """Places it has left beside what is reserved; 0 for one that is not known."""
        listed = self._listed.amounts.get(capability_id)
        if listed is None:
            return 0
        return max(0, self._standing.capacity_left.get(capability_id, listed[0].amount))

    def listings_of(self, member_id: str) -> tuple[list[str], list[str]]:
        """Ids of its needs and of its capabilities."""
        listed = self._listed
        return sorted(listed.lacked_by.get(member_id, ())), sorted(
            listed.brought_by.get(member_id, ())
        )

    def _keep_rows(self, database: Database, gone: Collection[Whose]) -> None:
        """Whoever starts next need not read these texts; of what is erased nothing is left."""
        fresh = self._rows.taken_fresh()
        rows = {one: row for one, row in fresh.items() if one not in gone}
        if not rows and not gone:
            return
        try:
            with database.write() as connection:
                erase_rows(connection, gone)
                put_rows(connection, rows)
        except (Busy, Conflict, StorageUnavailable) as error:
            _log.info("rows_not_kept", kind=type(error).__name__)  # they will be read once more

    def _take(self, changes: list[Change]) -> list[Whose]:
        """Listings that were known and are erased."""
        gone: list[Whose] = []
        members: list[Member] = []
        capabilities: list[Capability] = []
        needs: list[Need] = []
        for change in changes:
            was_known = self._keep(change)
            match change.kind, change.state:
                case "conflicts", _:
                    continue
                case kind, None:
                    if was_known:
                        self._drop(kind, change.id)
                        gone.append((kind, change.id))
                case "member", state:
                    members.append(member_of(state))
                case "capability", state:
                    capabilities.append(capability_of(state))
                case "need", state:
                    needs.append(need_of(state))
        self.index.put(members, capabilities, needs, self._rows)
        return gone

    def _keep(self, change: Change) -> bool:
        """Whether it was known before."""
        key = (change.kind, change.id)
        if change.kind == "conflicts":
            entries = change.state["conflicts"] if change.state else []
            self._conflicts[change.id] = conflicts_of(entries)
            return True
        before = self.states.pop(key, None)
        if before is not None and change.kind != "member":
            self._listed.forget(change.kind, change.id, before)
        if change.state is not None:
            self.states[key] = change.state
            if change.kind != "member":
                self._listed.learn(change.kind, change.id, change.state)
        return before is not None

    def _forget(self) -> None:
        """What was worked out is out of date."""
        self._rated.clear()
        self._consortia.clear()

    def _drop(self, kind: str, id_: str) -> None:
        known = {
            "member": self.index.remove_member,
            "capability": self.index.remove_capability,
            "need": self.index.remove_need,
        }
        known[kind](id_)


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is taken in is there to stay: looking through it for garbage again and again while it
    grows would take a tenth of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
