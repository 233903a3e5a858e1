"""Who runs assignment rounds, and when: one worker at a time, by the clock."""

from services.matcher.domain.assignment import DONE, LIVE
from services.matcher.rounds import Rounds, ask_for_round
from services.matcher.store.assignments import recent_rounds
from shared.storage import Database
from tests.integration.matcher.market import market
from tests.integration.matcher.round_steps import loaded, look
from tests.integration.matcher.world import World


def test_two_workers_run_one_round(store: Database) -> None:
    world = World(store)
    market(world, needs=4, suppliers=3)
    world.propose()
    first, second = (Rounds(store, world.deps, world.clock) for _ in range(2))
    world.do(ask_for_round, world.settings, LIVE)
    assert first.run(world.clock.now())
    assert not second.run(world.clock.now())
    with store.read() as connection:
        assert [one.status for one in recent_rounds(connection, 5)] == [DONE]
    world.do(ask_for_round, world.settings, LIVE)
    first.close()
    assert second.run(world.clock.now()), "another worker takes over when the first is gone"
    second.close()
    world.close()


def test_a_round_that_a_worker_dropped_is_run_by_the_next(world: World) -> None:
    world.story()
    world.propose()
    asked = world.do(ask_for_round, world.settings, LIVE)
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE assignment_rounds SET status = 'running'")
    look(world)
    assert loaded(world, asked.round_id).status == DONE


def test_rounds_come_by_the_clock(world: World) -> None:
    rounds = Rounds(world.database, world.deps, world.clock)
    assert not rounds.run(world.clock.now()), "nothing was ever proposed"
    world.story()
    world.propose()
    assert not rounds.run(world.clock.now())
    world.clock.advance(days=1)
    assert rounds.run(world.clock.now())
    assert not rounds.run(world.clock.now())
    world.clock.advance(days=1)
    assert rounds.run(world.clock.now())
    rounds.close()
    world.settings_changed(round_days=0.0)
    never = Rounds(world.database, world.deps, world.clock)
    world.clock.advance(days=9)
    assert not never.run(world.clock.now())
    never.close()
