"""What waits, what is near its end, and what went wrong: the first page after signing in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from services.matcher.console.home.stalled import Stalled, stalled_page
from services.matcher.console.review.listed import count_lists, in_list
from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.store import tables as t
from services.matcher.store.counters import CHANGES, current_number
from services.matcher.store.matches import matches_of

SOON = timedelta(days=5)
LATELY = timedelta(days=7)
FEW = 5
ELSEWHERE_SECONDS = 30
"""How old what other services tell (answers to questions, mail that waits) may grow on the page."""
_HAPPY = (State.AGREED, State.INTRODUCED, State.ACTIVE, State.COMPLETED)


@dataclass(frozen=True, slots=True)
class Some:
    """The first few of a list, and how many it has."""

    matches: Sequence[Match]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.matches)


@dataclass(frozen=True, slots=True)
class Home:
    counts: Mapping[str, int]
    any_needs: bool
    waiting: Some
    """Asked and not yet answered, longest first."""
    ending_soon: Some
    attention: Some
    agreed_lately: Some
    stalled: Sequence[Stalled]
    stalled_total: int
    parked: int
    mark: str


def load_home(connection: Connection, now: datetime) -> Home:
    table = t.matches.c
    lapsing = and_(table.state == State.ASKED, table.lapses_at < now + SOON)
    expiring = and_(table.state == State.PROPOSED, table.expires_at < now + SOON)
    soon = and_(table.open, table.hold_code.is_(None), or_(lapsing, expiring))
    lately = and_(table.state.in_(_HAPPY), table.last_at > now - LATELY)
    ends_at = func.coalesce(table.lapses_at, table.expires_at)
    stalled = stalled_page(connection, 1, FEW)
    counts = count_lists(connection)
    return Home(
        counts=counts,
        any_needs=connection.scalar(select(t.needs.c.need_id).limit(1)) is not None,
        waiting=_some(connection, in_list("waiting"), _asked_at(), counts["waiting"]),
        ending_soon=_some(connection, soon, ends_at),
        attention=_some(connection, in_list("attention"), table.last_at, counts["attention"]),
        agreed_lately=_some(connection, lately, table.last_at.desc()),
        stalled=stalled.rows,
        stalled_total=stalled.total,
        parked=_parked(connection),
        mark=mark_of(connection, now, counts),
    )


def mark_of(connection: Connection, now: datetime, counts: Mapping[str, int] | None = None) -> str:
    """Differs as soon as what the first page shows from this database differs, and every half
    minute for the sake of what it shows from other services.

    Cheap enough to be asked every second: counts from an index, and the last numbers given out.
    """
    told = (
        int(now.timestamp() // ELSEWHERE_SECONDS),
        sorted((counts or count_lists(connection)).items()),
        connection.scalar(select(func.max(t.feed.c.position))),
        current_number(connection, CHANGES),
        connection.scalar(select(func.count()).select_from(t.to_examine)),
        _parked(connection),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _asked_at() -> ColumnElement[Any]:
    return func.coalesce(t.matches.c.asked_at, t.matches.c.last_at)


def _parked(connection: Connection) -> int:
    parked = t.STANDARD.parked
    query = select(func.count()).select_from(parked).where(parked.c.state == "open")
    return connection.scalar(query) or 0


def _some(
    connection: Connection,
    condition: ColumnElement[bool],
    order: ColumnElement[Any],
    counted: int | None = None,
) -> Some:
    table = t.matches
    counting = select(func.count()).select_from(table).where(condition)
    total = (connection.scalar(counting) or 0) if counted is None else counted
    ids: Select[tuple[str]] = (
        select(table.c.match_id).where(condition).order_by(order, table.c.match_id).limit(FEW)
    )
    shown = list(connection.scalars(ids)) if total else []
    query = select(table).where(table.c.match_id.in_(shown)).order_by(order, table.c.match_id)
    return Some(matches_of(connection, query) if shown else [], total)
