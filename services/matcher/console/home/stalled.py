"""Needs for which nothing is under way, each with what it waits for.

Every published need is introduced or on its way there, or stands here with a named blocker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from services.matcher.console import times, words
from services.matcher.console.paging import PER_PAGE, Paged, Place
from services.matcher.domain.states import OPEN, State
from services.matcher.store import tables as t


@dataclass(frozen=True, slots=True)
class Stalled:
    """`blocker` in a few words, `why` as a sentence."""

    need_id: str
    title: str
    member_name: str
    since: str
    """When it was published, as the registry tells it."""
    blocker: str
    why: str
    match_id: str = ""
    """The match that ended last, where that is the reason."""


def count_stalled(connection: Connection) -> int:
    query = select(func.count()).select_from(t.needs).where(*_stalled())
    return connection.scalar(query) or 0


def stalled_page(connection: Connection, number: int, most: int = PER_PAGE) -> Paged[Stalled]:
    """Longest unchanged first."""
    place, needs = Place(number, count_stalled(connection)), t.needs.c
    query = (
        select(needs.need_id, needs.state, t.members.c.name, t.members.c.status)
        .outerjoin(t.members, t.members.c.member_id == needs.member_id)
        .where(*_stalled())
        .order_by(needs.change, needs.need_id)
    )
    rows = connection.execute(place.of(query, most)).all()
    reasons = _Reasons(connection, [row.need_id for row in rows])
    return Paged([_row(row, reasons) for row in rows], place)


def _stalled() -> list[ColumnElement[bool]]:
    """Published, with no open match and none that was completed."""
    matches = t.matches.c
    under_way = matches.state.in_(sorted(OPEN | {State.COMPLETED}))
    has_one = exists(select(1).where(and_(matches.need_id == t.needs.c.need_id, under_way)))
    return [t.needs.c.status == "published", ~has_one]


class _Reasons:
    """What is known of the needs of one page, in a fixed number of queries."""

    def __init__(self, connection: Connection, need_ids: Sequence[str]) -> None:
        self.not_looked_at = _not_looked_at(connection, need_ids)
        self.busy = _busy_members(connection, need_ids)
        self.ended = _last_ended(connection, need_ids)


def _row(row: Any, reasons: _Reasons) -> Stalled:
    name = str(row.name or row.state["member_id"])
    blocker, why, match_id = _why(row, name, reasons)
    return Stalled(
        row.need_id,
        str(row.state["title"]),
        name,
        str(row.state.get("published_at") or ""),
        blocker,
        why,
        match_id,
    )


def _why(row: Any, name: str, reasons: _Reasons) -> tuple[str, str, str]:
    if row.status not in ("active", "invited"):
        state = words.said({}, row.status).lower() or "not known here yet"
        return "the member", f"{name} is {state}. Nothing is proposed until it is active.", ""
    if row.need_id in reasons.not_looked_at:
        return "the matcher", "Something about it has changed; the matcher looks at it next.", ""
    if busy := reasons.busy.get(row.need_id):
        have = "has" if len(busy) == 1 else "have"
        why = f"{words.listed(busy)} would fit, but {have} enough proposals already."
        return "a busy member", f"{why} It is looked at again when one of them ends.", ""
    if last := reasons.ended.get(row.need_id):
        return "another offer", _said_of(last), str(last["match_id"])
    return "an offer that fits", "No offer of a member fits it well enough yet.", ""


def _said_of(last: Mapping[str, Any]) -> str:
    state = words.said(words.STATES, last["state"]).lower()
    because = words.said({}, last["ending_code"]).lower()
    reason = f" ({because})" if because and because != state else ""
    day = times.day(last["last_at"])
    return f"The last proposal ended on {day}: {state}{reason}. No other offer is good enough yet."


def _not_looked_at(connection: Connection, need_ids: Sequence[str]) -> set[str]:
    needs, examined, marked = t.needs.c, t.examined.c, t.to_examine.c
    query = (
        select(needs.need_id)
        .outerjoin(t.examined, examined.partition == needs.partition)
        .outerjoin(t.to_examine, marked.need_id == needs.need_id)
        .where(needs.need_id.in_(need_ids))
        .where(or_(marked.need_id.is_not(None), needs.change > func.coalesce(examined.up_to, 0)))
    )
    return set(connection.scalars(query))


def _busy_members(connection: Connection, need_ids: Sequence[str]) -> dict[str, list[str]]:
    away, members = t.turned_away.c, t.members.c
    query = (
        select(away.need_id, func.coalesce(members.name, away.member_id))
        .outerjoin(t.members, members.member_id == away.member_id)
        .where(away.need_id.in_(need_ids))
        .order_by(away.need_id, members.name)
    )
    found: dict[str, list[str]] = {}
    for need_id, name in connection.execute(query):
        found.setdefault(need_id, []).append(name)
    return found


def _last_ended(connection: Connection, need_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    matches = t.matches.c
    columns = (matches.need_id, matches.match_id, matches.state, matches.ending_code)
    query = select(*columns, matches.last_at).where(matches.need_id.in_(need_ids))
    rows = connection.execute(query.order_by(matches.last_at)).mappings()
    return {str(row["need_id"]): dict(row) for row in rows}
