"""Steps 1 to 4 of the walk and back: a need is on the bus, and what a contact decided is heard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.registry.commands.context import Opened
from services.registry.domain.listings import new_listing
from services.registry.move_member import move_member
from services.registry.publish import publish_listing
from services.registry.register import register_member
from services.registry.settings import RegistrySettings
from services.registry.store.members import load_members
from services.registry.wiring import build_tasks, open_database, open_vault, setup
from shared.bus.connect import connect
from shared.bus.port import Bus
from shared.clock import ManualClock
from shared.contracts.codec import decode, encode
from shared.contracts.envelope import Event
from shared.contracts.topics import TOPICS
from shared.contracts.types import INVITATION_ACCEPTED
from shared.ids import new_id
from shared.messaging.tasks import Task, pump
from shared.settings import load_settings
from tests.integration.registry.conftest import NOW
from tests.small_size import small_size

NEED = {"title": "Reading", "description": "", "goals": [1], "places": ["E07000076"]}


@pytest.fixture
def settings(tmp_path: Path) -> RegistrySettings:
    return load_settings(RegistrySettings, small_size(tmp_path))


@pytest.fixture
def bus(settings: RegistrySettings) -> Iterator[Bus]:
    made = connect(settings.bus_url)
    setup(settings, bus=made)
    yield made
    made.close()


@pytest.fixture
def opened(settings: RegistrySettings, bus: Bus) -> Iterator[Opened]:
    database = open_database(settings)
    yield Opened(settings, database, open_vault(settings), ManualClock(NOW))
    database.close()


@pytest.fixture
def tasks(opened: Opened, bus: Bus) -> Iterator[list[Task]]:
    made = build_tasks(opened.settings, clock=opened.clock, bus=bus)
    yield made
    for task in reversed(made):
        task.close()


def heard(bus: Bus) -> list[Event]:
    consumer = bus.consumer(f"test-{new_id()}", list(TOPICS), "1")
    events: list[Event] = []
    quiet = 0
    while quiet < 3:
        deliveries = consumer.poll(0.05)
        events += [decode(delivery.record) for delivery in deliveries]
        quiet = 0 if deliveries else quiet + 1
    consumer.close()
    return events


def test_what_is_published_is_on_the_bus_once(opened: Opened, tasks: list[Task], bus: Bus) -> None:
    rules = opened.settings.rules
    content = {"name": "Essex", "sector": "local_government", "places": []}
    with opened.work() as work:
        register_member(work, "essex", content, rules=rules)
        publish_listing(work, new_listing("need", "n1", "essex", NEED, work.now), rules=rules)
        publish_listing(
            work, new_listing("need", "n2", "essex", NEED, work.now, draft=True), rules=rules
        )
    pump(tasks)
    pump(tasks)
    events = {event.type.split(".")[2]: event for event in heard(bus)}
    assert set(events) == {"member", "need"}
    assert events["need"].subject == "n1"
    assert events["need"].sequence == 1
    assert events["need"].data is not None
    assert events["need"].data["framework"] == "levelling-up-goals-2021"


def test_an_invitation_accepted_elsewhere_makes_the_member_active(
    opened: Opened, tasks: list[Task], bus: Bus
) -> None:
    content = {"name": "Essex", "sector": "local_government", "places": []}
    with opened.work() as work:
        rules = opened.settings.rules
        member = register_member(work, "essex", content, rules=rules, status="invited")
        move_member(work, member, "invite")
    pump(tasks)
    event = Event(
        id=new_id(),
        source="/notifier",
        type=INVITATION_ACCEPTED,
        subject="c1",
        time=opened.clock.now(),
        sequence=1,
        correlation_id=new_id(),
        causation_id=None,
        data={"contact_id": "c1", "member_id": "essex"},
        traceparent=None,
    )
    publisher = bus.publisher("notifier")
    publisher.publish([encode(event)])
    publisher.close()
    for _ in range(3):
        pump(tasks)
    with opened.database.read() as connection:
        assert load_members(connection, ["essex"])["essex"].status == "active"
    told = [each for each in heard(bus) if each.type.endswith("member.activated.v1")]
    assert [each.causation_id for each in told] == [event.id]
    assert told[0].correlation_id == event.correlation_id
