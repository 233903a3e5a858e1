"""Assignment rounds: rows to and from the domain, and the choice that holds between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from services.matcher.domain.assignment import (
    DONE,
    LIVE,
    RUNNING,
    WAITING,
    AssignmentRound,
    InForce,
    RoundParameters,
    RoundRefused,
)
from services.matcher.store import assignment_tables as a
from services.matcher.store import tables as t
from shared.storage.watch import notify

_AT_ONCE = 400
_COLUMNS = tuple(AssignmentRound.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pair that a run chose or gave up; `change` is kept, gained or lost, beside what it was
    compared with.
    """

    need_id: str
    capability_set: str
    member_id: str
    score: float
    change: str


def add_round(connection: Connection, made: AssignmentRound) -> None:
    row = {name: getattr(made, name) for name in _COLUMNS}
    row |= {"parameters": made.parameters.stored(), "figures": dict(made.figures)}
    connection.execute(insert(a.assignment_rounds).values(**row))
    notify(connection)


def update_round(connection: Connection, round_id: str, **changes: Any) -> None:
    table = a.assignment_rounds
    connection.execute(update(table).where(table.c.round_id == round_id).values(**changes))


def load_round(connection: Connection, round_id: str) -> AssignmentRound:
    """Raises `RoundRefused` where there is none."""
    table = a.assignment_rounds
    query = select(table).where(table.c.round_id == round_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise RoundRefused(f"there is no round {round_id[:60]}. Look it up in the list of rounds.")
    return _round_of(row)


def recent_rounds(connection: Connection, limit: int) -> list[AssignmentRound]:
    """Newest first."""
    table = a.assignment_rounds
    query = select(table).order_by(*_newest(table.c.asked_at)).limit(limit)
    return [_round_of(row) for row in connection.execute(query).mappings()]


def live_rounds(connection: Connection, limit: int) -> list[AssignmentRound]:
    """Finished ones, newest first."""
    table = a.assignment_rounds
    query = select(table).where(table.c.kind == LIVE, table.c.status == DONE)
    query = query.order_by(*_newest(table.c.started_at)).limit(limit)
    return [_round_of(row) for row in connection.execute(query).mappings()]


def next_waiting(connection: Connection) -> AssignmentRound | None:
    """The one that waited longest; what a worker dropped while it ran waits first."""
    table = a.assignment_rounds
    query = select(table).where(table.c.status.in_([WAITING, RUNNING]))
    row = connection.execute(query.order_by(table.c.asked_at, table.c.round_id)).mappings().first()
    return None if row is None else _round_of(row)


def last_live_asked_at(connection: Connection) -> datetime | None:
    """When the last live round was asked for, whatever came of it."""
    table = a.assignment_rounds
    moment: datetime | None = connection.scalar(
        select(func.max(table.c.asked_at)).where(table.c.kind == LIVE)
    )
    return moment


def first_proposed_at(connection: Connection) -> datetime | None:
    moment: datetime | None = connection.scalar(select(func.min(t.matches.c.proposed_at)))
    return moment


def parameters_in_use(connection: Connection, otherwise: RoundParameters) -> RoundParameters:
    """Those put to use last; until then the ones of the settings."""
    table = a.assignment_rounds
    query = select(table).where(table.c.promoted_at.is_not(None))
    row = (
        connection.execute(query.order_by(*_newest(table.c.promoted_at)).limit(1))
        .mappings()
        .first()
    )
    return otherwise if row is None else _round_of(row).parameters


def in_force(connection: Connection, otherwise: InForce) -> InForce:
    """What proposing keeps to now."""
    table = a.assignment_rounds
    query = select(table).where(table.c.in_force)
    row = connection.execute(query).mappings().first()
    if row is None:
        return otherwise
    found = _round_of(row)
    cap = int(found.figures["then"]["per_member"])
    return InForce(found.round_id, found.parameters.per_need, cap, found.parameters.per_place)


# --- choices ---
def put_choices(connection: Connection, round_id: str, chosen: Iterable[Chosen]) -> None:
    table = a.assignment_choices
    connection.execute(delete(table).where(table.c.round_id == round_id))
    rows = [
        {"round_id": round_id, **{name: getattr(one, name) for name in Chosen.__dataclass_fields__}}
        for one in chosen
    ]
    if rows:
        connection.execute(insert(table), rows)


def choices_of(
    connection: Connection, round_id: str, changes: Sequence[str], limit: int
) -> list[Chosen]:
    """Best first."""
    table = a.assignment_choices
    query = select(table).where(table.c.round_id == round_id, table.c.change.in_(changes))
    query = query.order_by(table.c.score.desc(), table.c.need_id, table.c.capability_set)
    names = Chosen.__dataclass_fields__
    rows = connection.execute(query.limit(limit)).mappings()
    return [Chosen(**{name: row[name] for name in names}) for row in rows]


def forget_choices_before(connection: Connection, moment: datetime) -> None:
    """Single pairs of old runs go; the figures stay."""
    rounds, choices = a.assignment_rounds, a.assignment_choices
    old = select(rounds.c.round_id).where(rounds.c.asked_at < moment, rounds.c.in_force.is_(False))
    connection.execute(delete(choices).where(choices.c.round_id.in_(old)))


def put_in_force(
    connection: Connection, round_id: str, pairs: Iterable[tuple[str, str]]
) -> set[str]:
    """Make this choice the one that holds; returns the needs of it and of the one before."""
    rounds, chosen = a.assignment_rounds, a.chosen_pairs
    needs = set(connection.scalars(select(chosen.c.need_id)))
    connection.execute(delete(chosen))
    rows = [{"need_id": n, "capability_set": c, "round_id": round_id} for n, c in sorted(pairs)]
    if rows:
        connection.execute(insert(chosen), rows)
    connection.execute(update(rounds).where(rounds.c.in_force).values(in_force=False))
    update_round(connection, round_id, in_force=True)
    return needs | {row["need_id"] for row in rows}


def chosen_of(connection: Connection, need_ids: Sequence[str]) -> dict[str, set[str]]:
    """By need, the capability sets that the round in force chose."""
    table = a.chosen_pairs
    found: dict[str, set[str]] = {}
    for start in range(0, len(need_ids), _AT_ONCE):
        part = list(need_ids[start : start + _AT_ONCE])
        query = select(table.c.need_id, table.c.capability_set).where(table.c.need_id.in_(part))
        for need_id, capability_set in connection.execute(query):
            found.setdefault(need_id, set()).add(capability_set)
    return found


def _newest(moment: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """Ids grow with time, so they tell rounds of the same moment apart."""
    return moment.desc(), a.assignment_rounds.c.round_id.desc()


def _round_of(row: Any) -> AssignmentRound:
    values = {name: row[name] for name in _COLUMNS}
    return AssignmentRound(**values | {"parameters": RoundParameters(**row["parameters"])})


def chosen_with(connection: Connection, capability_ids: Sequence[str]) -> dict[str, set[str]]:
    """By capability, the needs for which the round in force chose it alone."""
    table = a.chosen_pairs
    found: dict[str, set[str]] = {one: set() for one in capability_ids}
    query = select(table.c.need_id, table.c.capability_set)
    for row in connection.execute(query.where(table.c.capability_set.in_(list(capability_ids)))):
        found[row.capability_set].add(row.need_id)
    return found
