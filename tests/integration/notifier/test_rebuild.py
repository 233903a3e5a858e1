"""Reading the log again, in part or from its beginning, plans nothing twice and sends nothing."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from services.notifier.consumer import match_types
from services.notifier.domain.messages import Kind
from services.notifier.rebuild import WorkerRuns, rebuild_matches
from services.notifier.store.tables import matches, messages, standard
from shared.contracts import types
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.world import World

HOLD = {"code": "pre_election", "until": None}


def story(world: World) -> None:
    """Asked, on hold, released, on hold again: a match in its middle, and its mail."""
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    world.match(types.MATCH_HELD, state="asked", hold=HOLD)
    world.later(days=2)
    world.match(types.MATCH_RELEASED, state="asked")
    world.later(days=6)
    world.match(types.MATCH_HELD, state="asked", hold=HOLD)
    assert len(world.ledger(Kind.REMINDER)) == 4
    assert len(world.double.envelopes) == 4


def told(world: World) -> list[Any]:
    columns = [column for column in matches.c if column.name != "updated_at"]
    with world.parts.database.read() as connection:
        return list(connection.execute(select(*columns)).all())


def ledger(world: World) -> list[Any]:
    with world.parts.database.read() as connection:
        return list(connection.execute(select(messages).order_by(messages.c.message_id)).all())


def rebuild(world: World) -> int:
    parts = world.parts
    return rebuild_matches(parts.database, world.bus, world.clock, match_types(parts.pace))


def test_rebuilt_is_live_and_nothing_is_sent(make_world: MakeWorld) -> None:
    world = make_world()
    story(world)
    before, planned, sent = told(world), ledger(world), list(world.double.envelopes)
    with pytest.raises(WorkerRuns):
        rebuild(world)
    for task in reversed(world.tasks):
        task.close()
    with world.parts.database.write() as connection:
        connection.execute(delete(matches))
    assert rebuild(world) == 5
    assert told(world) == before
    world.start()
    world.run()
    assert (told(world), ledger(world), world.double.envelopes) == (before, planned, sent)


@pytest.mark.parametrize("forgotten", ["positions", "positions and inbox"])
def test_an_offset_reset_sends_nothing(make_world: MakeWorld, forgotten: str) -> None:
    world = make_world()
    story(world)
    before, sent = told(world), list(world.double.envelopes)
    planned = {row.message_id: row.state for row in ledger(world)}
    with world.parts.database.write() as connection:
        connection.execute(delete(standard.positions))
        if "inbox" in forgotten:
            connection.execute(delete(standard.inbox))
    world.start()
    world.run()
    assert {row.message_id: row.state for row in ledger(world)} == planned
    assert world.double.envelopes == sent
    assert told(world) == before
