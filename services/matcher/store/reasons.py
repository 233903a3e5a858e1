"""Reason codes as they are kept: offered or retired, and how often each was said."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, func, select, update

from services.matcher.domain.codes import ANSWER, ENDING, HOLD, RULE, VERDICT, ReasonCode
from services.matcher.store import tables as t
from services.matcher.store.learning import code_from_row


@dataclass(frozen=True, slots=True)
class KeptReason:
    """`offered` is False once it was retired; what was said with it still counts."""

    reason: ReasonCode
    offered: bool
    uses: int


def kept_reasons(connection: Connection) -> list[KeptReason]:
    """Of every list, in the order in which they are offered."""
    table = t.reason_codes
    rows = connection.execute(select(table).order_by(table.c.position, table.c.code)).mappings()
    uses = _uses(connection)
    return [
        KeptReason(code_from_row(row), row["active"], uses.get((row["list"], row["code"]), 0))
        for row in rows
    ]


def label_reason(connection: Connection, reason: ReasonCode) -> None:
    _update(connection, reason, label=reason.label)


def offer_reason(connection: Connection, reason: ReasonCode, *, offered: bool) -> None:
    _update(connection, reason, active=offered)


def _update(connection: Connection, reason: ReasonCode, **values: str | bool) -> None:
    table = t.reason_codes
    one = (table.c.list == reason.of_list) & (table.c.code == reason.code)
    connection.execute(update(table).where(one).values(**values))


def _uses(connection: Connection) -> dict[tuple[str, str], int]:
    """By list and code. A rule and a coordinator end matches in the same column."""
    verdicts, ending = t.verdicts, t.matches.c.ending_code
    said: tuple[tuple[str, Table, Column[str]], ...] = (
        (VERDICT, verdicts, verdicts.c.reason_code),
        (ANSWER, t.parties, t.parties.c.reason_code),
        (ENDING, t.matches, ending),
        (RULE, t.matches, ending),
        (HOLD, t.matches, t.matches.c.hold_code),
    )
    found: dict[tuple[str, str], int] = {}
    for of_list, table, column in said:
        query = select(column, func.count()).where(column.is_not(None)).group_by(column)
        if table is verdicts:
            query = query.where(verdicts.c.undone_at.is_(None))
        found |= {(of_list, code): number for code, number in connection.execute(query)}
    return found
