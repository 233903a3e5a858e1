"""Verdicts, training rows and reason codes: what people said, and what it may teach."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from services.matcher.domain.codes import FIRST_CODES, LISTS, ReasonCode
from services.matcher.domain.errors import UnknownReason
from services.matcher.store import tables as t
from shared.storage import insert_ignore, upsert


@dataclass(frozen=True, slots=True)
class Verdict:
    """A coordinator's decision, with what the model had said when it was made."""

    verdict_id: str
    match_id: str
    decision: str
    reason_code: str | None
    note: str
    coordinator_id: str
    at: datetime
    revision: int
    score: float
    features: Mapping[str, float]
    model_version: str
    rules_version: str
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One thing to learn from; `source` names what it came from, so that it is there once."""

    source: str
    match_id: str
    need_id: str
    capability_set: str
    kind: str
    side: str
    label: int
    reason_code: str | None
    teaches: str
    features: Mapping[str, float]
    model_version: str
    at: datetime


def add_verdict(connection: Connection, verdict: Verdict) -> None:
    connection.execute(insert(t.verdicts).values(**asdict(verdict)))


def verdicts_of(connection: Connection, match_id: str) -> list[Verdict]:
    table = t.verdicts
    query = select(table).where(table.c.match_id == match_id)
    rows = connection.execute(query.order_by(table.c.at, table.c.verdict_id)).mappings()
    return [Verdict(**row) for row in rows]


def undo_verdict(connection: Connection, match_id: str, at: datetime) -> None:
    table = t.verdicts
    standing = (table.c.match_id == match_id) & table.c.undone_at.is_(None)
    connection.execute(update(table).where(standing).values(undone_at=at))


def add_training_row(connection: Connection, row: TrainingRow) -> None:
    upsert(connection, t.training_rows, asdict(row), ["source"])


def remove_training_row(connection: Connection, source: str) -> None:
    table = t.training_rows
    connection.execute(table.delete().where(table.c.source == source))


def training_rows_of(connection: Connection, match_id: str) -> list[TrainingRow]:
    table = t.training_rows
    query = select(table).where(table.c.match_id == match_id).order_by(table.c.source)
    return [TrainingRow(**row) for row in connection.execute(query).mappings()]


def put_first_codes(connection: Connection) -> None:
    """The codes Convene comes with; what a coordinator changed stays as it is."""
    for position, code in enumerate(FIRST_CODES):
        insert_ignore(connection, t.reason_codes, _code_row(code, position))


def add_code(connection: Connection, code: ReasonCode) -> None:
    """Add a reason to a list, or change its label, teaching and cooling-off."""
    if code.of_list not in LISTS:
        raise ValueError(f"'{code.of_list}' is not a list of reasons; use one of {LISTS}")
    table = t.reason_codes
    last = connection.scalar(select(func.max(table.c.position))) or 0
    upsert(connection, table, _code_row(code, last + 1), ["list", "code"])


def codes_of(connection: Connection, of_list: str) -> list[ReasonCode]:
    return codes_of_lists(connection, [of_list])[of_list]


def codes_of_lists(connection: Connection, lists: Iterable[str]) -> dict[str, list[ReasonCode]]:
    """Those that are offered, of each of these lists, in their order."""
    table = t.reason_codes
    found: dict[str, list[ReasonCode]] = {name: [] for name in lists}
    query = select(table).where(table.c.list.in_(list(found)), table.c.active)
    for row in connection.execute(query.order_by(table.c.list, table.c.position)).mappings():
        found[row["list"]].append(code_from_row(row))
    return found


def code_of(connection: Connection, of_list: str, code: str) -> ReasonCode:
    """One that is retired too: whoever says it was offered it. Raises `UnknownReason`, which names
    the codes that are offered.
    """
    table = t.reason_codes
    query = select(table).where(table.c.list == of_list, table.c.code == code)
    row = connection.execute(query).mappings().first()
    if row is None:
        known = [entry.code for entry in codes_of(connection, of_list)]
        raise UnknownReason(of_list, code, sorted(known))
    return code_from_row(row)


def _code_row(code: ReasonCode, position: int) -> dict[str, Any]:
    row = asdict(code)
    row["list"] = row.pop("of_list")
    return row | {"position": position, "active": True}


def code_from_row(row: Any) -> ReasonCode:
    return ReasonCode(
        row["list"],
        row["code"],
        row["label"],
        row["teaches"],
        row["cooling_days"],
        row["for_good"],
        row["needs_date"],
    )
