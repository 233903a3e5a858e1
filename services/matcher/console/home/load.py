"""What waits, what is near its end, and what went wrong: the first page after signing in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from services.matcher.console.directory.read_needs import count_without
from services.matcher.console.review.listed import count_lists
from services.matcher.domain.matches import Match
from services.matcher.domain.states import State
from services.matcher.store import tables as t
from services.matcher.store.matches import matches_of

SOON = timedelta(days=5)
FEW = 5


@dataclass(frozen=True, slots=True)
class Home:
    counts: Mapping[str, int]
    needs: int
    needs_without: int
    ending_soon: Sequence[Match]
    attention: Sequence[Match]
    agreed_lately: Sequence[Match]
    parked: int


def load_home(connection: Connection, now: datetime) -> Home:
    table = t.matches
    needs, without = count_without(connection)
    lapsing = (table.c.state == State.ASKED) & (table.c.lapses_at < now + SOON)
    expiring = (table.c.state == State.PROPOSED) & (table.c.expires_at < now + SOON)
    soon = lapsing | expiring
    lately = table.c.state.in_([State.AGREED, State.INTRODUCED, State.ACTIVE])
    parked = t.STANDARD.parked
    open_parked = select(func.count()).select_from(parked).where(parked.c.state == "open")
    return Home(
        counts=count_lists(connection),
        needs=needs,
        needs_without=without,
        ending_soon=_few(connection, table.c.open & table.c.hold_code.is_(None) & soon),
        attention=_few(
            connection,
            table.c.open & ((table.c.state == State.UNREACHABLE) | table.c.hold_code.is_not(None)),
        ),
        agreed_lately=_few(connection, lately & (table.c.last_at > now - timedelta(days=7))),
        parked=connection.scalar(open_parked) or 0,
    )


def _few(connection: Connection, condition: object) -> list[Match]:
    table = t.matches
    query = select(table).where(condition).order_by(table.c.last_at.desc()).limit(FEW)  # type: ignore[arg-type]
    return matches_of(connection, query)
