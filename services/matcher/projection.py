"""Step 6 of the walk: what the registry says becomes what the matcher knows.

Whole states come, whole states are kept. Order and duplicates are the inbox's affair (a redelivered
or older event never gets here), so each handler just writes and gives change numbers, of many
events at a time where they come one after another; looking at needs again is `proposing.py`'s work, right after the commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.matcher.store import known
from shared.contracts import types
from shared.contracts.envelope import Event
from shared.messaging.applying import Handler, ManyHandler, one_of
from shared.storage import Work

__all__ = ["HANDLERS", "TOGETHER", "Handler"]


def know_members(work: Work, events: Sequence[Event]) -> None:
    known.put_members(work.connection, _told(events))


def know_conflicts(work: Work, events: Sequence[Event]) -> None:
    told = [_data(event) for event in events]
    declared = [(data["member_id"], data["conflicts"]) for data in told]
    known.put_conflicts(work.connection, declared)


def know_capabilities(work: Work, events: Sequence[Event]) -> None:
    known.put_capabilities(work.connection, _told(events))


def know_needs(work: Work, events: Sequence[Event]) -> None:
    known.put_needs(work.connection, _told(events))


def forget_member(work: Work, event: Event) -> None:
    """Open matches end at the next examination; introduced ones keep their history."""
    known.erase(work.connection, "member", event.subject)


def forget_conflicts(work: Work, event: Event) -> None:
    known.erase_conflicts(work.connection, event.subject)


def forget_capability(work: Work, event: Event) -> None:
    known.erase(work.connection, "capability", event.subject)


def forget_need(work: Work, event: Event) -> None:
    known.erase(work.connection, "need", event.subject)


def _told(events: Sequence[Event]) -> list[known.Told]:
    return [(_data(event), event.id) for event in events]


def _data(event: Event) -> Mapping[str, Any]:
    """Only tombstones have no data, and they have handlers of their own."""
    if event.data is None:
        raise ValueError(f"{event.type} about {event.subject} came without data")
    return event.data


TOGETHER: Final[dict[str, ManyHandler]] = {
    types.MEMBER_REGISTERED: know_members,
    types.MEMBER_INVITED: know_members,
    types.MEMBER_ACTIVATED: know_members,
    types.MEMBER_CHANGED: know_members,
    types.MEMBER_PAUSED: know_members,
    types.MEMBER_RESUMED: know_members,
    types.MEMBER_WITHDRAWN: know_members,
    types.CONFLICT_DECLARED: know_conflicts,
    types.CAPABILITY_PUBLISHED: know_capabilities,
    types.CAPABILITY_CHANGED: know_capabilities,
    types.CAPABILITY_CONFIRMED: know_capabilities,
    types.CAPABILITY_PAUSED: know_capabilities,
    types.CAPABILITY_RESUMED: know_capabilities,
    types.CAPABILITY_CLOSED: know_capabilities,
    types.NEED_PUBLISHED: know_needs,
    types.NEED_CHANGED: know_needs,
    types.NEED_CONFIRMED: know_needs,
    types.NEED_PAUSED: know_needs,
    types.NEED_RESUMED: know_needs,
    types.NEED_CLOSED: know_needs,
}
"""What can be taken in many at a time, because a whole state is all that counts."""

HANDLERS: Final[dict[str, Handler]] = {
    **{type_: one_of(many) for type_, many in TOGETHER.items()},
    types.MEMBER_ERASED: forget_member,
    types.CONFLICT_ERASED: forget_conflicts,
    types.CAPABILITY_ERASED: forget_capability,
    types.NEED_ERASED: forget_need,
}
"""What rebuilds the projection, and nothing else: `rebuild` uses exactly these."""
