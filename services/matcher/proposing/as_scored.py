"""From the registry's whole states to what scoring reads: the texts of the last material version,
so that a corrected typo changes no score.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.matcher.domain.entities import (
    Capability,
    Conflict,
    Member,
    Need,
    capability_from,
    conflict_from,
    member_from,
    need_from,
)

State = Mapping[str, Any]


def member_of(state: State) -> Member:
    return member_from({**state, "id": state["member_id"]})


def capability_of(state: State) -> Capability:
    return capability_from(_as_scored(state, state["capability_id"]))


def need_of(state: State) -> Need:
    return need_from(_as_scored(state, state["need_id"]))


def conflicts_of(entries: Iterable[State]) -> tuple[Conflict, ...]:
    return tuple(conflict_from(entry) for entry in entries)


def _as_scored(state: State, id_: str) -> dict[str, Any]:
    """A listing that nobody has confirmed yet counts as confirmed when it was published."""
    return {
        **state,
        "id": id_,
        "title": state["material"]["title"],
        "description": state["material"]["description"],
        "confirmed_at": state["confirmed_at"] or state["published_at"],
    }
