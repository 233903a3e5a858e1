"""Puts the compacted topics right where they do not hold what the database holds.

Compaction keeps the record with the highest offset, not the one with the highest number. Where a
topic ends with an older number, the state is told again; where it is ahead, because the database
was restored from a backup, numbers go on above it, or consumers would take everything for old.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, tuple_

from services.registry.domain.errors import RegistryError
from services.registry.record import find_partnership, tell_partnership
from services.registry.states import (
    tell_conflicts,
    tell_listing,
    tell_listing_erased,
    tell_member,
)
from services.registry.store import tables
from services.registry.store.listings import load_listings
from services.registry.store.members import load_conflicts, load_members
from services.registry.store.rows import chunks
from shared.bus.port import Bus
from shared.clock import Clock
from shared.contracts import topics, types
from shared.messaging.ahead import go_on_above
from shared.messaging.retained import Retained, read_retained
from shared.storage import Database, Lease, Work, unit_of_work

GROUP = "registry-reconcile"
TOPICS = (topics.MEMBERS, topics.CONFLICTS, topics.CAPABILITIES, topics.NEEDS)
SOURCE = "/registry"

Name = tuple[str, str]  # topic and subject
_sequences = tables.standard.sequences
_outbox = tables.standard.outbox


class ReconcileRuns(RegistryError):
    """Another process is reconciling; wait until it is done."""


@dataclass(slots=True)
class Reconciled:
    """How many keys were compared, which were told again, and which the database does not know."""

    compared: int = 0
    told: list[Name] = field(default_factory=list)
    unknown: list[Name] = field(default_factory=list)


def reconcile(database: Database, bus: Bus, clock: Clock) -> Reconciled:
    """Compare every key of the registry's topics; safe at any time, beside running workers."""
    lease = Lease(database, "reconcile")
    if not lease.acquire():
        raise ReconcileRuns(ReconcileRuns.__doc__ or "")
    try:
        before = _numbers(database)
        retained = read_retained(bus, TOPICS, GROUP)
        names = sorted(before.keys() | retained.keys())
        result = Reconciled(compared=len(names))
        differing = [n for n in names if retained.get(n, Retained()) != _whole(before.get(n, 0))]
        for chunk in chunks(differing):
            with unit_of_work(database, source=SOURCE, clock=clock, actor="reconcile") as work:
                _put_right(work, chunk, before, retained, result)
        return result
    finally:
        lease.release()


def _put_right(
    work: Work,
    names: Sequence[Name],
    before: Mapping[Name, int],
    retained: Mapping[Name, Retained],
    result: Reconciled,
) -> None:
    """Looks at the numbers again: what was written since then is on its way by itself."""
    current, waiting = _current_numbers(work, names), _waiting(work, names)
    for name in names:
        held, last = retained.get(name, Retained()), current.get(name, 0)
        ahead = held.highest > last
        if not ahead and (held.last == last or last != before.get(name) or name in waiting):
            continue
        if ahead and not _is_known(work, name):
            result.unknown.append(name)
            continue
        if ahead:
            go_on_above(work.connection, *name, held.highest, work.now)
        if TELL[name[0]](work, name[1], held):
            work.audit("topic.reconciled", name[1], {"topic": name[0], "held": held.last})
            result.told.append(name)


def _whole(number: int) -> Retained:
    return Retained(number, number)


def _numbers(database: Database) -> dict[Name, int]:
    query = select(_sequences.c.topic, _sequences.c.subject, _sequences.c.last)
    with database.read() as connection:
        rows = connection.execute(query.where(_sequences.c.topic.in_(TOPICS)))
        return {(row.topic, row.subject): row.last for row in rows}


def _current_numbers(work: Work, names: Sequence[Name]) -> dict[Name, int]:
    """Their rows stay locked, so nothing is told in between."""
    query = select(_sequences.c.topic, _sequences.c.subject, _sequences.c.last).where(
        tuple_(_sequences.c.topic, _sequences.c.subject).in_(names)
    )
    ordered = query.order_by(_sequences.c.topic, _sequences.c.subject).with_for_update()
    return {(row.topic, row.subject): row.last for row in work.connection.execute(ordered)}


def _waiting(work: Work, names: Sequence[Name]) -> set[Name]:
    """Those with rows the relay has not sent yet: the newest of them is the current state."""
    wanted = set(names)
    query = select(_outbox.c.topic, _outbox.c.key).where(_outbox.c.published_at.is_(None))
    rows = work.connection.execute(query.where(_outbox.c.topic.in_(TOPICS)))
    return wanted & {(row.topic, bytes(row.key).decode()) for row in rows}


def _is_known(work: Work, name: Name) -> bool:
    topic, subject = name
    if topic in (topics.MEMBERS, topics.CONFLICTS):
        return bool(load_members(work.connection, [subject]))
    if topic == topics.CAPABILITIES:
        return bool(load_listings(work.connection, "capability", [subject]))
    return bool(
        load_listings(work.connection, "need", [subject])
        or find_partnership(work.connection, subject)
    )


def _member(work: Work, subject: str, held: Retained) -> bool:
    for member in load_members(work.connection, [subject], lock=True).values():
        tell_member(work, member, "changed")
        return True
    return _erased(work, types.MEMBER_ERASED, subject, held)


def _conflicts(work: Work, subject: str, held: Retained) -> bool:
    if load_members(work.connection, [subject], lock=True):
        conflicts = load_conflicts(work.connection, [subject]).get(subject, [])
        tell_conflicts(work, subject, conflicts)
        return True
    return _erased(work, types.CONFLICT_ERASED, subject, held)


def _capability(work: Work, subject: str, held: Retained) -> bool:
    for listing in load_listings(work.connection, "capability", [subject], lock=True).values():
        tell_listing(work, listing, "changed")
        return True
    if held.last:
        tell_listing_erased(work, "capability", subject)
    return bool(held.last)


def _need(work: Work, subject: str, held: Retained) -> bool:
    for listing in load_listings(work.connection, "need", [subject], lock=True).values():
        tell_listing(work, listing, "changed")
        return True
    partnership = find_partnership(work.connection, subject)
    if partnership is not None:
        tell_partnership(work, partnership)
        return True
    if held.last:
        tell_listing_erased(work, "need", subject)
    return bool(held.last)


def _erased(work: Work, type_: str, subject: str, held: Retained) -> bool:
    """A tombstone again, unless the topic has forgotten the key already, as it should."""
    if held.last:
        work.publish(type_, subject, None)
    return bool(held.last)


TELL: dict[str, Callable[[Work, str, Retained], bool]] = {
    topics.MEMBERS: _member,
    topics.CONFLICTS: _conflicts,
    topics.CAPABILITIES: _capability,
    topics.NEEDS: _need,
}
