"""Rounds: when the same need and capabilities may come together again, and the id that follows.

The id of a match is computed, so two workers that propose the same pair make the same match.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.matcher.domain.codes import FOR_GOOD

MATCH_NAMESPACE = UUID("5d0f0b3e-2a51-5c61-9a58-0f6a3b7c9d21")


def capability_set(capability_ids: Sequence[str]) -> str:
    """One text for a set of capabilities, whatever their order: the key of the pair memory."""
    return "\n".join(sorted(set(capability_ids)))  # no id holds a line break


def match_id_for(need_id: str, capability_ids: Sequence[str], round_number: int) -> str:
    name = json.dumps([need_id, sorted(set(capability_ids)), round_number], ensure_ascii=False)
    return str(uuid5(MATCH_NAMESPACE, name))


@dataclass(frozen=True, slots=True)
class Versions:
    """The material versions of the listings a match is about, as it saw them."""

    need: int
    capabilities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PairMemory:
    """How the last round of a need and a set of capabilities ended."""

    need_id: str
    capabilities: str
    last_match_id: str
    last_round: int
    code: str
    cooling_until: datetime | None
    versions: Versions

    @property
    def for_good(self) -> bool:
        return self.cooling_until is not None and self.cooling_until >= FOR_GOOD

    def cools(self, now: datetime, versions: Versions) -> bool:
        """Whether the rule "cooling off" refuses the pair. A material change of a listing ends
        it early, except where it is for good.
        """
        if self.for_good:
            return True
        if self.cooling_until is None or self.cooling_until <= now:
            return False
        return versions == self.versions


@dataclass(frozen=True, slots=True)
class Opening:
    """The round that may open now, why, and the match it follows."""

    round: int
    previous_match_id: str | None
    why: str


def opening(
    memory: PairMemory | None, versions: Versions, now: datetime, *, by_coordinator: bool = False
) -> Opening | None:
    """The next round, or None while the pair cools off."""
    if memory is None:
        return Opening(1, None, "first")
    following = (memory.last_round + 1, memory.last_match_id)
    if by_coordinator:
        return Opening(*following, "coordinator")
    if memory.cools(now, versions):
        return None
    changed = versions != memory.versions
    return Opening(*following, "material_change" if changed else "cooling_over")
