"""What is open depends on what is known, not on the order it came in nor on who looked."""

import itertools
import random
import threading
from collections import Counter
from pathlib import Path

from services.matcher.proposing.task import Proposer
from services.matcher.store.learning import put_first_codes
from services.matcher.wiring import MIGRATIONS
from shared.contracts.envelope import Event
from shared.messaging.tasks import pump
from shared.storage import Database
from shared.storage.migrations import migrate
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World


def pairs_with_state(world: World) -> set[tuple[str, str, str]]:
    return {(m.need_id, m.capability_set, m.state.value) for m in world.open()}


def snapshot(tmp_path: Path, name: str, events: list[Event], *, step: int) -> World:
    database = Database(f"sqlite:///{tmp_path}/{name}.db", service="matcher")
    migrate(database, MIGRATIONS)
    with database.write() as connection:
        put_first_codes(connection)
    copy = World(database, proposals_per_member=4)
    for number, event in enumerate(events, start=1):
        copy.handle(event)
        if number % step == 0:
            copy.propose()
    copy.propose()
    return copy


def recorded_events(tmp_path: Path) -> list[Event]:
    class Recorder(World):
        told: list[Event]

        def handle(self, event: Event) -> None:
            self.told.append(event)

    database = Database(f"sqlite:///{tmp_path}/unused.db", service="matcher")
    recorder = Recorder(database)
    recorder.told = []
    market(recorder, needs=12, suppliers=8, seed=7)
    return recorder.told


def test_the_order_of_events_and_of_looks_does_not_change_what_is_open(tmp_path: Path) -> None:
    events = recorded_events(tmp_path)
    outcomes = []
    for number, step in enumerate((1, 5, len(events))):
        shuffled = list(events)
        random.Random(number).shuffle(shuffled)  # noqa: S311 - a repeatable order
        copy = snapshot(tmp_path, f"copy{number}", shuffled, step=step)
        found = sorted((m.need_id, m.capability_set, m.score) for m in copy.open())
        outcomes.append(found)
        copy.close()
        copy.database.close()
    assert len(outcomes[0]) > 5
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_events_that_come_twice_change_nothing(world: World) -> None:
    market(world, needs=3, suppliers=3)
    world.propose()
    before = pairs_with_state(world), world.events()
    for id_, state in world.states.items():
        kind = "need" if "need_id" in state else "capability" if "capability_id" in state else ""
        if kind:
            world.tell(f"{kind}.changed", id_, state)
    world.propose()
    assert (pairs_with_state(world), world.events()) == before


def test_two_workers_leave_what_one_would(store: Database) -> None:
    alone = World(store)
    market(alone, needs=8, suppliers=6)
    second = Proposer(store, alone.deps.model, alone.settings, alone.clock)
    pump([alone.proposer, second])
    found = alone.open_pairs()
    index = alone.knowledge().index
    expected = {
        (need, one.capability_id)
        for need in index.need_ids()
        for one in index.proposals_for(need, 3)
        if one.score >= alone.settings.least_score
    }
    assert found == expected
    assert len(alone.all()) == len(found)
    second.close()
    alone.close()


def test_a_worker_that_starts_again_proposes_nothing_twice(world: World) -> None:
    market(world, needs=4, suppliers=4)
    world.propose()
    events = world.events()
    fresh = Proposer(world.database, world.deps.model, world.settings, world.clock)
    pump([fresh])
    fresh.close()
    assert world.events() == events


def test_a_long_pause_of_the_worker_loses_no_change(world: World) -> None:
    """Another worker comes after a change that this one never examined."""
    world.story()
    world.propose()
    world.proposer.close()
    for number in itertools.count(1):
        world.need(f"later-{number}")
        if number == 5:
            break
    world.proposer = Proposer(world.database, world.deps.model, world.settings, world.clock)
    world.propose()
    assert len({need for need, _ in world.open_pairs()}) == 6


def test_four_workers_at_once_leave_what_one_would(store: Database) -> None:
    """Each with an index and a thread of its own, while the events are still coming in."""
    world = World(store, proposals_per_member=3)
    workers = [Proposer(store, world.deps.model, world.settings, world.clock) for _ in range(4)]
    stop = threading.Event()
    failed: list[BaseException] = []

    def run(worker: Proposer) -> None:
        try:
            while not stop.is_set():
                worker.step(0.01)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    market(world, needs=8, suppliers=6, seed=3)
    stop.set()
    for thread in threads:
        thread.join()
    for worker in workers:
        pump([worker])
        worker.close()
    assert failed == []
    assert world.open_pairs() == stable_pairs(world, per_need=3, per_member=3)
    assert len(world.open_pairs()) > 5
    world.close()


def stable_pairs(world: World, *, per_need: int, per_member: int) -> set[tuple[str, str]]:
    """Worked out from nothing: the pairs in falling order of score, while both have room."""
    knowledge = world.knowledge()
    ranked = sorted(
        (-one.score, need, one.capability_id)
        for need in knowledge.index.need_ids()
        for one in knowledge.index.proposals_for(need, 50)
        if one.score >= world.settings.least_score
    )
    chosen: set[tuple[str, str]] = set()
    room: Counter[str] = Counter()
    for _, need, capability in ranked:
        member = str((knowledge.capability(capability) or {})["member_id"])
        if room[need] < per_need and room[f"of {member}"] < per_member:
            chosen.add((need, capability))
            room.update([need, f"of {member}"])
    return chosen
