"""A member and its life cycle: invited → active ⇄ paused, and withdrawn from any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from services.registry.domain.errors import InvalidMove
from services.registry.domain.material import is_material

MemberStatus = Literal["invited", "active", "paused", "withdrawn"]
MemberStep = Literal["invite", "activate", "pause", "resume", "withdraw"]
MEMBER_STATUSES: tuple[MemberStatus, ...] = ("invited", "active", "paused", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An organisation of the coalition.

    `content` holds the fields of the coalition file (name, sector, industry, coalitions, places,
    identifiers, website); `places_typed` what was typed for each resolved place code; `imported`
    the fingerprints of what the last import brought.
    """

    id: str
    content: Mapping[str, Any]
    status: MemberStatus = "active"
    can_be_asked: bool = False
    version: int = 1
    material_version: int = 1
    changed_at: datetime
    created_at: datetime
    places_typed: Mapping[str, str] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.content["name"])


@dataclass(frozen=True, slots=True)
class MemberConflict:
    """Whom a member may not be matched with: one member, or a sector; `code` is not published."""

    member_id: str | None = None
    sector: str | None = None
    code: str = "conflict"
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.until is None or day <= self.until


def changed(member: Member, content: Mapping[str, Any], now: datetime) -> Member | None:
    """The member with a new content, or None where that changes nothing."""
    if dict(content) == dict(member.content):
        return None
    version = member.version + 1
    material = is_material("member", member.content, content)
    return replace(
        member,
        content=dict(content),
        version=version,
        material_version=version if material else member.material_version,
        changed_at=now,
    )


_STEPS: Mapping[MemberStep, tuple[Sequence[MemberStatus], MemberStatus]] = {
    "invite": (("invited", "withdrawn"), "invited"),
    "activate": (("invited", "paused"), "active"),
    "pause": (("active", "invited"), "paused"),
    "resume": (("paused",), "active"),
    "withdraw": (("invited", "active", "paused"), "withdrawn"),
}
MEMBER_EVENTS: Mapping[MemberStep, str] = {
    "invite": "invited",
    "activate": "activated",
    "pause": "paused",
    "resume": "resumed",
    "withdraw": "withdrawn",
}


def moved(member: Member, step: MemberStep, now: datetime) -> Member:
    """The member after a step of its life cycle.

    Raises InvalidMove, with the state and the states from which the step is possible.
    """
    allowed, target = _STEPS[step]
    if member.status not in allowed:
        raise InvalidMove(
            f"cannot {step} member {member.id}: it is {member.status} since version "
            f"{member.version}; only a member that is {_either(allowed)} can be"
        )
    return replace(member, status=target, version=member.version + 1, changed_at=now)


def _either(states: Sequence[str]) -> str:
    return " or ".join(states)
