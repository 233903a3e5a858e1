"""What almost became a proposal: refused pairs that score well, and the best that are too weak.

Asked of the same index as the worker's, so that the reasons shown are the ones that decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.domain.matches import Match
from services.matcher.explaining.insight import Insight
from services.matcher.scoring.learning.scorer import strength
from services.matcher.scoring.reasons.near import NearMiss
from services.matcher.scoring.results import Refusal
from services.matcher.store import tables as t
from shared.storage import Database

TOO_WEAK = "too_weak"


@dataclass(frozen=True, slots=True)
class Near:
    """A capability that did not become a proposal for this need, why in a sentence, and what
    would have to change.
    """

    capability_id: str
    title: str
    member_id: str
    member_name: str
    strength: str
    rule: str
    why: str
    change: str


class NearMisses:
    def __init__(self, database: Database, insight: Insight, least_score: float) -> None:
        self._database = database
        self._insight = insight
        self._least_score = least_score

    def of_need(self, need_id: str) -> list[Near]:
        """Refused ones, best first, then the best that no rule refuses but that are too weak.
        Empty for a need that is not matched (any more).
        """
        try:
            return self._told(self._insight.near_misses(need_id, self._least_score))
        except KeyError:
            return []

    def of_proposal(self, match: Match, most: int) -> tuple[Refusal | None, list[Near]]:
        """The rule that would refuse it today, if any, and the first near misses of its need."""
        against, near = self._insight.of_proposal(
            match.need_id, match.capability_ids, self._least_score, most
        )
        return against, self._told(near)

    def _told(self, found: Sequence[NearMiss]) -> list[Near]:
        if not found:
            return []
        with self._database.read() as connection:
            listings = _listings(connection, [one.capability_id for one in found])
        return [_near(one, listings[one.capability_id]) for one in found
                if one.capability_id in listings]  # fmt: skip


def _near(found: NearMiss, listing: Mapping[str, Any]) -> Near:
    return Near(
        capability_id=found.capability_id,
        title=str(listing["state"]["title"]),
        member_id=str(listing["member_id"]),
        member_name=str(listing["name"] or listing["member_id"]),
        strength=strength(found.score),
        rule=found.rule or TOO_WEAK,
        why=found.text,
        change=found.change,
    )


def _listings(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    table = t.capabilities
    query = (
        select(table.c.capability_id, table.c.state, table.c.member_id, t.members.c.name)
        .outerjoin(t.members, t.members.c.member_id == table.c.member_id)
        .where(table.c.capability_id.in_(ids), table.c.status != "erased")
    )
    return {row["capability_id"]: dict(row) for row in connection.execute(query).mappings()}
