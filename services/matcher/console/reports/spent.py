"""How long matches stay in each state, and how they end."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from services.matcher.console import words
from services.matcher.console.reports import counted
from services.matcher.console.reports.tables import MOST_ROWS, Build, Scope, Table
from services.matcher.domain.states import CLOSED
from services.matcher.store import tables as t

_AT = t.matches.c
_SPANS = {
    "To review": (_AT.proposed_at, _AT.approved_at),
    "Being sent": (_AT.approved_at, _AT.asked_at),
    "Waiting for answers": (_AT.asked_at, _AT.agreed_at),
    "Being introduced": (_AT.agreed_at, _AT.introduced_at),
    "Working together": (_AT.introduced_at, _AT.closed_at),
}


def endings(connection: Connection, scope: Scope) -> Table:
    query = (
        select(_AT.state, _AT.ending_code, func.count())
        .where(*counted.own(scope), counted.within(_AT.closed_at, scope.period))
        .where(_AT.state.in_(sorted(CLOSED)))
        .group_by(_AT.state, _AT.ending_code)
    )
    found = sorted(connection.execute(query), key=lambda row: (-row[2], row[0], row[1] or ""))
    return Table(
        name="endings",
        title="How matches ended",
        about="Matches that ended in the period, by how and why.",
        header=("How", "Why", "Matches"),
        rows=[
            (words.said(words.STATES, state), words.said({}, code) or "–", number)
            for state, code, number in found[:MOST_ROWS]
        ],
    )


def durations(connection: Connection, scope: Scope) -> Table:
    """Half of them took no longer than the first figure, nine in ten no longer than the second."""
    found = counted.hours_spent(connection, scope, _SPANS)
    rows = []
    for name, hours in found.items():
        middle, most = counted.at_share(hours, 0.5), counted.at_share(hours, 0.9)
        rows.append((name, hours.total(), _days(middle), _days(most)))
    return Table(
        name="durations",
        title="How long each state takes",
        about=(
            "In days, for matches that left the state in the period. Half took no longer than the "
            "first figure, nine in ten no longer than the second."
        ),
        header=("State", "Matches", "Half within (days)", "Nine in ten within (days)"),
        rows=rows,
        drawn=(2, 3),
        shape="across",
    )


SPENT: Mapping[str, Build] = {"durations": durations, "endings": endings}


def _days(hours: int | None) -> float | None:
    return None if hours is None else round(hours / 24, 1)
