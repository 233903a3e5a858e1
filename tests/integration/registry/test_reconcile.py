"""The topics are put right where they do not hold what the registry's database holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from services.registry.erase import erase_member
from services.registry.reconcile import TOPICS, ReconcileRuns, reconcile
from services.registry.store import tables
from services.registry.store.members import load_members
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.bus.records import Record
from shared.contracts import topics
from shared.contracts.codec import decode
from shared.contracts.envelope import Event
from shared.ids import new_id
from shared.messaging.relay import Relay
from shared.messaging.retained import Retained, read_retained
from shared.messaging.tasks import pump
from shared.storage import Lease
from tests.integration.registry.support import Registry, capability, member, need

SEQUENCES = tables.standard.sequences
OUTBOX = tables.standard.outbox
PARTNERSHIP = {
    "kind": "partnership",
    "need": "reading",
    "members": ["essex", "bbc"],
    "since": "2025-01-01",
}
ESSEX = member(conflicts=[{"member": "bbc", "code": "live_tender", "until": "2027-01-01"}])
HOUSE = [ESSEX, member("bbc", sector="business"), capability(), need(), PARTNERSHIP]


@dataclass
class Coalition:
    """A registry, its bus, and what an accident on the way between them looks like."""

    registry: Registry
    bus: Bus

    def relay(self) -> None:
        relay = Relay(self.registry.database, self.bus, "registry", self.registry.clock)
        pump([relay])
        relay.close()

    def reconcile(self) -> list[tuple[str, str]]:
        result = reconcile(self.registry.database, self.bus, self.registry.clock)
        assert result.unknown == []
        return result.told

    def retained(self) -> dict[tuple[str, str], Retained]:
        return read_retained(self.bus, TOPICS, f"look-{new_id()}")

    def records(self, subject: str) -> list[Record]:
        with self.registry.database.read() as connection:
            rows = connection.execute(OUTBOX.select().order_by(OUTBOX.c.position)).all()
        return [
            Record(
                row.topic,
                bytes(row.key),
                None if row.value is None else bytes(row.value),
                tuple((name, value.encode()) for name, value in row.headers),
            )
            for row in rows
            if bytes(row.key).decode() == subject
        ]

    def newest(self, subject: str) -> Event:
        return decode(self.records(subject)[-1])

    def publish_late(self, record: Record) -> None:
        """What a paused relay could do if nothing fenced it."""
        publisher = self.bus.publisher("late")
        publisher.publish([record])
        publisher.close()


@pytest.fixture
def coalition(registry: Registry, tmp_path: Path) -> Iterator[Coalition]:
    bus = connect(f"embedded:///{tmp_path / 'bus.db'}")
    _make_topics(bus)
    assert registry.take(HOUSE).of_sort("error") == []
    coalition = Coalition(registry, bus)
    coalition.relay()
    yield coalition
    bus.close()


def _make_topics(bus: Bus) -> None:
    admin = bus.admin()
    admin.ensure_topics([topic.spec for topic in topics.TOPICS.values()])
    admin.close()


def test_where_all_agrees_nothing_is_told(coalition: Coalition) -> None:
    assert len(coalition.retained()) >= 5
    assert coalition.reconcile() == []


def test_a_key_that_ends_with_an_older_number_is_told_again(coalition: Coalition) -> None:
    coalition.registry.take([need(title="Reading at home")])
    coalition.relay()
    coalition.publish_late(coalition.records("reading")[0])
    assert coalition.retained()[topics.NEEDS, "reading"] == Retained(last=1, highest=2)
    assert coalition.reconcile() == [(topics.NEEDS, "reading")]
    coalition.relay()
    event = coalition.newest("reading")
    assert event.sequence == 3
    assert (event.data or {})["title"] == "Reading at home"
    assert coalition.retained()[topics.NEEDS, "reading"] == Retained(3, 3)
    assert coalition.reconcile() == []


def test_every_kind_of_state_that_is_missing_is_told(coalition: Coalition, tmp_path: Path) -> None:
    bus = connect(f"embedded:///{tmp_path / 'another.db'}")
    _make_topics(bus)
    moved = Coalition(coalition.registry, bus)
    held = coalition.retained()
    assert {topic for topic, _ in held} == set(TOPICS)
    assert sorted(moved.reconcile()) == sorted(held)
    moved.relay()
    assert moved.reconcile() == []
    assert moved.retained().keys() == held.keys()
    bus.close()


def test_after_a_restore_numbers_go_on_above_the_topic(coalition: Coalition) -> None:
    for title in ("Two", "Three"):
        coalition.registry.take([need(title=title)])
    coalition.relay()
    with coalition.registry.database.write() as connection:
        here = SEQUENCES.c.subject == "reading"
        connection.execute(update(SEQUENCES).where(here).values(last=1))
    assert coalition.reconcile() == [(topics.NEEDS, "reading")]
    assert coalition.newest("reading").sequence == 4
    coalition.relay()
    assert coalition.reconcile() == []


def test_what_waits_for_the_relay_is_left_to_it(coalition: Coalition) -> None:
    coalition.registry.take([need(title="On its way")])
    assert coalition.reconcile() == []
    assert len(coalition.records("reading")) == 2


def test_who_was_erased_stays_erased(coalition: Coalition) -> None:
    coalition.registry.take([member("gone")])
    with coalition.registry.work() as work:
        gone = load_members(work.connection, ["gone"])["gone"]
        erase_member(work, coalition.registry.vault, gone)
    coalition.relay()
    assert coalition.reconcile() == []
    coalition.publish_late(coalition.records("gone")[0])
    assert coalition.reconcile() == [(topics.MEMBERS, "gone")]
    assert coalition.records("gone")[-1].value is None
    assert coalition.newest("gone").sequence == 3


def test_a_tombstone_that_the_topic_forgot_is_not_told_again(coalition: Coalition) -> None:
    with coalition.registry.database.write() as connection:
        connection.execute(
            SEQUENCES.insert().values(
                topic=topics.MEMBERS,
                subject="long-gone",
                last=7,
                event_id=new_id(),
                published_at=coalition.registry.clock.now(),
            )
        )
    assert coalition.reconcile() == []


def test_what_only_the_topic_knows_is_reported_and_left(coalition: Coalition) -> None:
    coalition.registry.take([need("younger")])
    coalition.relay()
    with coalition.registry.database.write() as connection:
        connection.execute(delete(tables.LISTINGS["need"]).where(tables.needs.c.id == "younger"))
        connection.execute(delete(SEQUENCES).where(SEQUENCES.c.subject == "younger"))
    registry = coalition.registry
    result = reconcile(registry.database, coalition.bus, registry.clock)
    assert result.unknown == [(topics.NEEDS, "younger")]
    assert result.told == []


def test_only_one_at_a_time(coalition: Coalition) -> None:
    lease = Lease(coalition.registry.database, "reconcile")
    assert lease.acquire()
    with pytest.raises(ReconcileRuns, match="wait"):
        coalition.reconcile()
    lease.release()
    assert coalition.reconcile() == []
