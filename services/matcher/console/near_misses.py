"""What almost became a proposal: refused pairs that score well, and the best that are too weak.

Asked of the same index as the worker's, so that the reasons shown are the ones that decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from services.matcher.insight import Insight
from services.matcher.scoring.results import Reason
from services.matcher.scoring.scorer import BASELINE, strength
from services.matcher.store import tables as t
from shared.storage import Database

REFUSED_AMONG = 10
TOO_WEAK = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A capability that did not become a proposal for this need, and why in a sentence."""

    capability_id: str
    title: str
    member_id: str
    member_name: str
    strength: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class _Found:
    capability_id: str
    score: float
    rule: str
    why: str


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
            with self._insight.index() as index:
                refused = index.refusals_for(need_id, REFUSED_AMONG)
                ranked = index.proposals_for(need_id, TOO_WEAK)
        except KeyError:
            return []
        found = [
            _Found(one.capability_id, one.score, one.refusal.rule, one.refusal.text)
            for one in refused
        ]
        found += [
            _Found(one.capability_id, one.score, "too_weak", _weakness(one.reasons))
            for one in ranked
            if one.score < self._least_score
        ]
        with self._database.read() as connection:
            listings = _listings(connection, [one.capability_id for one in found])
        return [_near(one, listings[one.capability_id]) for one in found
                if one.capability_id in listings]  # fmt: skip


def _near(found: _Found, listing: Mapping[str, Any]) -> Near:
    return Near(
        capability_id=found.capability_id,
        title=str(listing["state"]["title"]),
        member_id=str(listing["member_id"]),
        member_name=str(listing["name"] or listing["member_id"]),
        strength=strength(found.score),
        rule=found.rule,
        why=found.why,
    )


def _listings(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    table = t.capabilities
    query = (
        select(table.c.capability_id, table.c.state, table.c.member_id, t.members.c.name)
        .outerjoin(t.members, t.members.c.member_id == table.c.member_id)
        .where(table.c.capability_id.in_(ids), table.c.status != "erased")
    )
    return {row["capability_id"]: dict(row) for row in connection.execute(query).mappings()}


def _weakness(reasons: Sequence[Reason]) -> str:
    """The sentence that cost most, else that nothing speaks for it."""
    against = [one for one in reasons if one.contribution < 0 and one.feature != BASELINE]
    if not against:
        return "Too little speaks for it."
    return min(against, key=lambda one: one.contribution).text
