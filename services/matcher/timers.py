"""Everything that happens because time has passed, by the clock and under one lease.

Each match that is due is taken in a transaction of its own, so one that fails holds up no other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, select, update

from services.matcher.agree import agree
from services.matcher.asking import confirm_approval
from services.matcher.domain import capacity
from services.matcher.domain.errors import NotAllowed
from services.matcher.domain.matches import Ending, Match, to_be_asked
from services.matcher.domain.states import By, State
from services.matcher.hold import release_match
from services.matcher.moves import close_match, rule_cooling, touch_capabilities
from services.matcher.proposing.standing import published_at
from services.matcher.quieting import later_for_quiet
from services.matcher.reopened import part_from
from services.matcher.review import Deps
from services.matcher.store import known
from services.matcher.store.matches import load_match, save_match
from services.matcher.store.memory import needs_whose_cooling_ended
from services.matcher.store.reservations import all_counting
from services.matcher.store.tables import STANDARD, matches
from shared.clock import Clock
from shared.observability.logging import get_logger
from shared.storage import (
    Busy,
    Conflict,
    Database,
    Lease,
    StorageUnavailable,
    Work,
    insert_ignore,
    unit_of_work,
)

AT_ONCE = 100
_LOOKED = "timers_looked"
_LOOK_FROM = timedelta(hours=1)
"""How far the mark may lag: a look that found nothing writes nothing."""

_log = get_logger()
_Act = Callable[[Work, Match], object]


@dataclass(frozen=True, slots=True)
class _Timer:
    """What is due when; `act` is asked again whether it still is, by the state machine."""

    name: str
    due: Callable[[datetime], ColumnElement[bool]]
    act: _Act


class Timers:
    """`run(now)` is the function of a `Periodic` task: True while there may be more to do."""

    def __init__(self, database: Database, deps: Deps, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lease = Lease(database, "timers")
        self._timers = _timers(deps)

    def run(self, now: datetime) -> bool:
        try:
            if not self._lease.acquire():
                return False
            did = [self._run_timer(timer, now) for timer in self._timers]
            return self._pairs_and_capacity(now) or any(did)
        except (Busy, StorageUnavailable) as error:
            _log.warning("timers_wait", kind=type(error).__name__)
            return False

    def close(self) -> None:
        self._lease.release()

    def _run_timer(self, timer: _Timer, now: datetime) -> bool:
        due = timer.due(now)
        with self._database.read() as connection:
            query = select(matches.c.match_id).where(matches.c.open, due)
            ids = list(connection.scalars(query.order_by(matches.c.match_id).limit(AT_ONCE)))
        return sum(self._act(timer, match_id, due) for match_id in ids) > 0

    def _act(self, timer: _Timer, match_id: str, due: ColumnElement[bool]) -> bool:
        try:
            with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
                match = load_match(work.connection, match_id, lock=True)
                still = select(matches.c.match_id).where(matches.c.match_id == match_id, due)
                if work.connection.scalar(still) is None:
                    return False
                timer.act(work, match)
        except (Conflict, NotAllowed) as error:
            _log.warning("timer_refused", timer=timer.name, kind=type(error).__name__)
            return False
        return True

    def _pairs_and_capacity(self, now: datetime) -> bool:
        """Pairs whose cooling has ended and capacity that has renewed since the last look."""
        with self._database.read() as connection:
            table = STANDARD.counters
            query = select(table.c.value).where(table.c.name == _LOOKED)
            looked = connection.scalar(query)
            since = datetime.fromtimestamp(looked or 0, tz=now.tzinfo)
            until = datetime.fromtimestamp(int(now.timestamp()), tz=now.tzinfo)
            if until <= since:
                return False
            needs = needs_whose_cooling_ended(connection, since, until)
            renewed = _renewed(connection, since, until) if since.date() < until.date() else []
        if not needs and not renewed and until - since < _LOOK_FROM:
            return False
        with unit_of_work(self._database, source="/matcher", clock=self._clock) as work:
            insert_ignore(work.connection, table, {"name": _LOOKED, "value": 0})
            statement = update(table).where(table.c.name == _LOOKED)
            work.connection.execute(statement.values(value=int(until.timestamp())))
            known.mark_to_examine(work.connection, needs)
            touch_capabilities(work, tuple(renewed))
        return bool(needs or renewed)


def _timers(deps: Deps) -> tuple[_Timer, ...]:
    column = matches.c
    free = column.hold_code.is_(None)

    def due(name: str, *states: State) -> Callable[[datetime], ColumnElement[bool]]:
        return lambda now: and_(column[name] <= now, free, column.state.in_(list(states)))

    return (
        _Timer("release", lambda now: column.hold_until <= now, _release),
        _Timer(
            "confirm",
            due("effective_at", State.APPROVED),
            lambda work, match: confirm_approval(work, deps, match),
        ),
        _Timer(
            "agree",
            due("agree_at", State.ASKED, State.UNREACHABLE),
            lambda work, match: agree(work, deps, match),
        ),
        _Timer(
            "lapse",
            lambda now: and_(due("lapses_at", State.ASKED)(now), column.agree_at.is_(None)),
            _lapse,
        ),
        _Timer("expire", due("expires_at", State.PROPOSED), _expire),
    )


def _release(work: Work, match: Match) -> object:
    return release_match(work, match.match_id, by=By.TIMER)


def _lapse(work: Work, match: Match) -> object:
    """Nobody answered in time; quiet periods are time that nobody had."""
    later = later_for_quiet(work, match)
    if later is not None:
        after = replace(match, lapses_at=later, revision=match.revision + 1)
        save_match(work.connection, match, after)
        return later
    ending = Ending("lapsed", By.TIMER.value, rule_cooling(work, "lapsed"))
    part_from(work, match, [one for one in to_be_asked(match) if one.answer is None], ending)
    return close_match(work, match, "lapse", By.TIMER, ending, lapses_at=None)


def _expire(work: Work, match: Match) -> object:
    ending = Ending("expired", By.TIMER.value, rule_cooling(work, "expired"))
    return close_match(work, match, "expire", By.TIMER, ending, expires_at=None)


def _renewed(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Capabilities that count by the year, spent something, and had their anniversary."""
    found = []
    for capability_id, held in all_counting(connection, capacity.CAPACITY).items():
        if not any(one.yearly and one.status == capacity.SPENT for one in held):
            continue
        state = known.capability_state(connection, capability_id)
        published = published_at(state) if state else None
        start = capacity.period_start(published, until)
        if start is not None and since < start <= until:
            found.append(capability_id)
    return found
