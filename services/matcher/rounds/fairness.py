"""The fairness ledger: what places and members got over time, beside what they need.

Counted from the records as they stand, so it is there from the first proposal on. A match counts
in every place of its need; partnerships made elsewhere are left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from services.matcher.domain.assignment import DISTRICT, REGION, AssignmentRound
from services.matcher.proposing.tags import PLACE
from services.matcher.rounds.places_of_needs import name_of, places_at
from services.matcher.scoring.choosing.assign import gini
from services.matcher.store import tables as t
from services.matcher.store.assignments import live_rounds

MEMBER = "member"
BY = (DISTRICT, REGION, MEMBER)
ROUNDS_SHOWN = 12


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
    """A proposal or an introduction, with whom it counts for."""

    at: datetime
    kind: str
    lacking: tuple[str, ...]
    bringing: tuple[str, ...] = ()


def ledger(connection: Connection, by: str, since: datetime | None) -> Ledger:
    """One line for each place or member, those furthest behind their share of needs first."""
    needs = needs_of(connection, by)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in happened(connection, by, since):
        for id_ in one.lacking:
            counts[one.kind][id_] += 1
        if one.kind == "proposals":
            counts["brought"].update(one.bringing)
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
    for one in happened(connection, by, None):
        month = f"{one.at:%Y-%m}"
        for id_ in one.lacking:
            found[month, id_][one.kind] += 1
        for id_ in one.bringing if one.kind == "proposals" else ():
            found[month, id_]["brought"] += 1
    return found


def needs_of(connection: Connection, by: str) -> Counter[str]:
    """Published needs, by member or place."""
    rows = connection.execute(
        select(t.needs.c.member_id, t.needs.c.state).where(t.needs.c.status == "published")
    ).all()
    if by == MEMBER:
        return Counter(row.member_id for row in rows)
    members = connection.execute(select(t.members.c.member_id, t.members.c.state))
    homes = {row[0]: row[1] for row in members}
    found: Counter[str] = Counter()
    for row in rows:
        home = homes.get(row.member_id) or {}
        found.update(_places(tuple(row.state["places"] or home.get("places", ())), by))
    return found


def happened(connection: Connection, by: str, since: datetime | None) -> Iterable[Happened]:
    """Every proposal and introduction of the period."""
    whose = _members(connection) if by == MEMBER else _named_places(connection, by)
    column = t.matches.c
    query = select(column.match_id, column.proposed_at, column.introduced_at).where(
        column.origin == "convene"
    )
    for row in connection.execute(query.order_by(column.match_id)):
        lacking, bringing = whose.get(row.match_id, ((), ()))
        for kind, at in (("proposals", row.proposed_at), ("introductions", row.introduced_at)):
            if at is not None and (since is None or at >= since):
                yield Happened(at, kind, lacking, bringing)


def names_of(connection: Connection, by: str, ids: Sequence[str]) -> Mapping[str, str]:
    if by != MEMBER:
        return {id_: name_of(id_) for id_ in ids}
    query = select(t.members.c.member_id, t.members.c.name).where(t.members.c.name != "")
    return {row[0]: row[1] for row in connection.execute(query)}


_Whose = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


def _members(connection: Connection) -> _Whose:
    """By match: the members with the need, the members that bring something."""
    sides: dict[str, tuple[set[str], set[str]]] = {}
    query = select(t.parties.c.match_id, t.parties.c.member_id, t.parties.c.role)
    for row in connection.execute(query):
        lacking, bringing = sides.setdefault(row.match_id, (set(), set()))
        (lacking if row.role == "needs" else bringing).add(row.member_id)
    return {one: (tuple(sorted(a)), tuple(sorted(b))) for one, (a, b) in sides.items()}


def _named_places(connection: Connection, by: str) -> _Whose:
    codes: dict[str, list[str]] = defaultdict(list)
    tag = t.match_tags.c
    query = select(tag.match_id, tag.value).where(tag.kind == PLACE)
    for match_id, code in connection.execute(query.order_by(tag.match_id, tag.value)):
        codes[match_id].append(code)
    return {one: (_places(tuple(named), by), ()) for one, named in codes.items()}


@lru_cache(maxsize=4096)
def _places(codes: tuple[str, ...], level: str) -> tuple[str, ...]:
    return tuple(sorted(places_at(codes, level)))
