"""What the registry tells in many events at a time is known as if it had been told one by one."""

import pytest
from sqlalchemy import select

from services.matcher.projection import HANDLERS, TOGETHER
from services.matcher.store import tables as t
from services.matcher.store.changes import changes_since
from services.matcher.store.counters import CHANGES, current_number
from shared.contracts import types
from shared.contracts.envelope import Event
from shared.storage import unit_of_work
from tests.integration.matcher.world import World

TABLES = (t.members, t.conflicts, t.capabilities, t.needs)


def test_whoever_takes_many_takes_one_as_well() -> None:
    assert set(TOGETHER) < set(HANDLERS)
    erased = {types.MEMBER_ERASED, types.CONFLICT_ERASED, types.CAPABILITY_ERASED,
              types.NEED_ERASED}  # fmt: skip
    assert set(HANDLERS) - set(TOGETHER) == erased


def _take_in(world: World, events: list[Event]) -> None:
    with unit_of_work(world.database, source="/matcher", clock=world.clock) as work:
        TOGETHER[events[0].type](work, events)


def _told(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Every event of a small coalition, a need twice and a need that is closed again."""
    told: list[Event] = []
    monkeypatch.setattr(world, "handle", told.append)
    world.story()
    world.need("second", title="Another one")
    world.need("reading", "need.changed", description="Now with grandparents.")
    world.need("second", "need.closed", status="closed")
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": []})
    return told


def _rows(world: World) -> dict[str, list[tuple[object, ...]]]:
    with world.database.read() as connection:
        return {
            table.name: sorted(
                tuple(value for name, value in row._mapping.items() if name != "change")
                for row in connection.execute(select(table))
            )
            for table in TABLES
        }


def test_many_at_a_time_are_known_as_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(world, monkeypatch)
    by_topic: dict[object, list[Event]] = {}
    for event in told:
        by_topic.setdefault(TOGETHER[event.type], []).append(event)
    for events in by_topic.values():
        _take_in(world, events)
    together = _rows(world)
    with world.database.read() as connection:
        changes = changes_since(connection, 0, 100).rows
        newest = current_number(connection, CHANGES)
    numbers = [change.number for change in changes]
    assert numbers == list(range(1, newest + 1)), "every row has a number of its own, none is lost"
    assert len(changes) == sum(len({event.subject for event in each}) for each in by_topic.values())
    with world.database.write() as connection:
        for table in TABLES:
            connection.execute(table.delete())
    for event in told:
        with unit_of_work(world.database, source="/matcher", clock=world.clock) as work:
            HANDLERS[event.type](work, event)
    assert _rows(world) == together
