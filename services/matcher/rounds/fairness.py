"""The fairness ledger: what places and members got over time, beside what they need.

Counted from the records as they stand, so it is there from the first proposal on. A match counts
in every place of its need; partnerships made elsewhere are left out.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial

from sqlalchemy import ColumnElement, Connection, String, case, func, literal, select

from services.matcher.domain.assignment import DISTRICT, REGION, AssignmentRound
from services.matcher.proposing.tags import PLACE
from services.matcher.rounds.places_of_needs import name_of, places_at
from services.matcher.scoring.choosing.assign import gini
from services.matcher.store import tables as t
from services.matcher.store.assignments import live_rounds

MEMBER = "member"
BY = (DISTRICT, REGION, MEMBER)
ROUNDS_SHOWN = 12
_NOWHERE = ("[]", "", None)
"""How a list of places that is empty is written."""


@dataclass(frozen=True, slots=True)
class Line:
    """One place or member. `needs` are open now; the rest happened in the period.

    For a member `brought` counts the proposals that it is the supplier of; for a place it is 0.
    """

    id: str
    name: str
    needs: int = 0
    proposals: int = 0
    introductions: int = 0
    brought: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    lines: Sequence[Line]
    rounds: Sequence[AssignmentRound]
    """The last live rounds, newest first: spread and cost of the floor over time."""

    @property
    def needs(self) -> int:
        return sum(line.needs for line in self.lines)

    @property
    def proposals(self) -> int:
        return sum(line.proposals for line in self.lines)

    @property
    def introductions(self) -> int:
        return sum(line.introductions for line in self.lines)

    @property
    def spread(self) -> float:
        """Gini of proposals: of members over those proposed as suppliers, of places over all that
        have an open need or had a proposal.
        """
        brought = [line.brought for line in self.lines if line.brought]
        return gini(brought or [line.proposals for line in self.lines])

    def share_of_needs(self, line: Line) -> float:
        return line.needs / self.needs if self.needs else 0.0

    def share_of_proposals(self, line: Line) -> float:
        return line.proposals / self.proposals if self.proposals else 0.0

    def behind(self, line: Line) -> bool:
        """Whether it has open needs and less than half its share of the proposals."""
        return line.needs > 0 and self.share_of_proposals(line) < self.share_of_needs(line) / 2


@dataclass(frozen=True, slots=True)
class Happened:
    """So many proposals or introductions (of a month, as 2026-12), with whom they count for."""

    month: str
    kind: str
    number: int
    lacking: tuple[str, ...]
    bringing: tuple[str, ...] = ()


def ledger(connection: Connection, by: str, since: datetime | None) -> Ledger:
    """One line for each place or member, those furthest behind their share of needs first."""
    needs = needs_of(connection, by)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in happened(connection, by, since):
        for id_ in one.lacking:
            counts[one.kind][id_] += one.number
        for id_ in one.bringing:
            counts["brought"][id_] += one.number
    ids = sorted({*needs, *(id_ for counter in counts.values() for id_ in counter)})
    names = names_of(connection, by, ids)
    lines = [
        Line(
            id_,
            names.get(id_, id_),
            needs[id_],
            counts["proposals"][id_],
            counts["introductions"][id_],
            counts["brought"][id_],
        )
        for id_ in ids
    ]
    found = Ledger(lines, live_rounds(connection, ROUNDS_SHOWN))

    def behind_first(line: Line) -> tuple[float, str, str]:
        behind = found.share_of_proposals(line) - found.share_of_needs(line)
        return behind, line.name, line.id

    return replace(found, lines=sorted(lines, key=behind_first))


def months(connection: Connection, by: str) -> dict[tuple[str, str], Counter[str]]:
    """By month (as 2026-12) and id: how many proposals, introductions and proposals brought."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in happened(connection, by, None, by_month=True):
        for id_ in one.lacking:
            found[one.month, id_][one.kind] += one.number
        for id_ in one.bringing:
            found[one.month, id_]["brought"] += one.number
    return found


def needs_of(connection: Connection, by: str) -> Counter[str]:
    """Published needs, by member or place. A need that names no place counts where its member is."""
    column = t.needs.c
    query = select(column.member_id, column.state["places"].as_string()).where(
        column.status == "published"
    )
    rows = connection.execute(query).all()
    if by == MEMBER:
        return Counter(row[0] for row in rows)
    homes = _homes(connection, {row[0] for row in rows if row[1] in _NOWHERE})
    written = Counter(homes.get(row[0]) if row[1] in _NOWHERE else row[1] for row in rows)
    found: Counter[str] = Counter()
    for codes, number in written.items():
        for id_ in _places(tuple(json.loads(codes or "[]")), by):
            found[id_] += number
    return found


def _homes(connection: Connection, member_ids: Collection[str]) -> dict[str, str | None]:
    """Places of members, as they are written in the database."""
    column = t.members.c
    query = select(column.member_id, column.state["places"].as_string())
    rows = connection.execute(query.where(column.member_id.in_(sorted(member_ids))))
    return {row[0]: row[1] for row in rows}


def happened(
    connection: Connection, by: str, since: datetime | None, *, by_month: bool = False
) -> Iterator[Happened]:
    """What was proposed and introduced in the period, counted by the database."""
    of_kind = _of_members if by == MEMBER else partial(_of_places, level=by)
    for kind, column in (
        ("proposals", t.matches.c.proposed_at),
        ("introductions", t.matches.c.introduced_at),
    ):
        month = (_month(connection.dialect.name, column) if by_month else literal("")).label(
            "month"
        )
        inside = [t.matches.c.origin == "convene", column.is_not(None)]
        inside += [] if since is None else [column >= since]
        yield from of_kind(connection, kind, month, inside)


def names_of(connection: Connection, by: str, ids: Sequence[str]) -> Mapping[str, str]:
    if by != MEMBER:
        return {id_: name_of(id_) for id_ in ids}
    query = select(t.members.c.member_id, t.members.c.name).where(t.members.c.name != "")
    return {row[0]: row[1] for row in connection.execute(query)}


def _of_members(
    connection: Connection,
    kind: str,
    month: ColumnElement[str],
    inside: Sequence[ColumnElement[bool]],
) -> Iterator[Happened]:
    party, match_id = t.parties.c, t.matches.c.match_id
    lacks = case((party.role == "needs", 1), else_=0).label("lacks")
    query = (
        select(party.member_id, lacks, month, func.count(match_id.distinct()))
        .join_from(t.matches, t.parties, party.match_id == match_id)
        .where(*inside)
        .group_by(party.member_id, lacks, month)
    )
    for member_id, is_lacking, at, number in connection.execute(query):
        if is_lacking:
            yield Happened(at, kind, number, (member_id,))
        elif kind == "proposals":
            yield Happened(at, kind, number, (), (member_id,))


def _of_places(
    connection: Connection,
    kind: str,
    month: ColumnElement[str],
    inside: Sequence[ColumnElement[bool]],
    level: str,
) -> Iterator[Happened]:
    """By the places of a match together: it counts once in each that they stand for."""
    tag, match_id = t.match_tags.c, t.matches.c.match_id
    named = (
        select(func.aggregate_strings(tag.value, ","))
        .where(tag.match_id == match_id, tag.kind == PLACE)
        .scalar_subquery()
    )
    each = select(named.label("codes"), month.label("month")).where(*inside).subquery()
    query = select(each.c.codes, each.c.month, func.count()).group_by(each.c.codes, each.c.month)
    for codes, at, number in connection.execute(query):
        if codes:
            yield Happened(at, kind, number, _places(tuple(sorted(codes.split(","))), level))


def _month(dialect: str, column: ColumnElement[datetime | None]) -> ColumnElement[str]:
    """In UTC, as 2026-12."""
    if dialect == "postgresql":
        return func.to_char(func.timezone("UTC", column), "YYYY-MM")
    return func.substr(column, 1, 7, type_=String)


@lru_cache(maxsize=4096)
def _places(codes: tuple[str, ...], level: str) -> tuple[str, ...]:
    return tuple(sorted(places_at(codes, level)))
