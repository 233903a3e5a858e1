"""Step 6 of the walk: what the registry says becomes what the matcher knows.

Whole states come, whole states are kept. Order and duplicates are the inbox's affair (a redelivered
or older event never gets here), so each handler just writes and gives a change number; looking
at needs again is `proposing.py`'s work, right after the commit.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.matcher.store import known
from shared.contracts import types
from shared.contracts.envelope import Event
from shared.storage import Work

Handler = Callable[[Work, Event], None]


def know_member(work: Work, event: Event) -> None:
    known.put_member(work.connection, _data(event), event.id)


def know_conflicts(work: Work, event: Event) -> None:
    data = _data(event)
    known.put_conflicts(work.connection, data["member_id"], data["conflicts"])


def know_capability(work: Work, event: Event) -> None:
    known.put_capability(work.connection, _data(event), event.id)


def know_need(work: Work, event: Event) -> None:
    known.put_need(work.connection, _data(event), event.id)


def forget_member(work: Work, event: Event) -> None:
    """Open matches end at the next examination; introduced ones keep their history."""
    known.erase(work.connection, "member", event.subject)


def forget_conflicts(work: Work, event: Event) -> None:
    known.erase_conflicts(work.connection, event.subject)


def forget_capability(work: Work, event: Event) -> None:
    known.erase(work.connection, "capability", event.subject)


def forget_need(work: Work, event: Event) -> None:
    known.erase(work.connection, "need", event.subject)


def _data(event: Event) -> Mapping[str, Any]:
    """Only tombstones have no data, and they have handlers of their own."""
    if event.data is None:
        raise ValueError(f"{event.type} about {event.subject} came without data")
    return event.data


HANDLERS: Final[dict[str, Handler]] = {
    types.MEMBER_REGISTERED: know_member,
    types.MEMBER_INVITED: know_member,
    types.MEMBER_ACTIVATED: know_member,
    types.MEMBER_CHANGED: know_member,
    types.MEMBER_PAUSED: know_member,
    types.MEMBER_RESUMED: know_member,
    types.MEMBER_WITHDRAWN: know_member,
    types.MEMBER_ERASED: forget_member,
    types.CONFLICT_DECLARED: know_conflicts,
    types.CONFLICT_ERASED: forget_conflicts,
    types.CAPABILITY_PUBLISHED: know_capability,
    types.CAPABILITY_CHANGED: know_capability,
    types.CAPABILITY_CONFIRMED: know_capability,
    types.CAPABILITY_PAUSED: know_capability,
    types.CAPABILITY_RESUMED: know_capability,
    types.CAPABILITY_CLOSED: know_capability,
    types.CAPABILITY_ERASED: forget_capability,
    types.NEED_PUBLISHED: know_need,
    types.NEED_CHANGED: know_need,
    types.NEED_CONFIRMED: know_need,
    types.NEED_PAUSED: know_need,
    types.NEED_RESUMED: know_need,
    types.NEED_CLOSED: know_need,
    types.NEED_ERASED: forget_need,
}
"""What rebuilds the projection, and nothing else: `rebuild` uses exactly these."""
