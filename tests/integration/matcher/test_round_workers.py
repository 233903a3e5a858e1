"""Who runs assignment rounds, and when: one worker at a time, by the clock."""

from dataclasses import replace
from typing import Any

import pytest

from services.matcher.domain.assignment import DONE, FAILED, LIVE
from services.matcher.rounds.assigning import settings_parameters
from services.matcher.rounds.run import Rounds, ask_for_round
from services.matcher.store.assignments import recent_rounds
from shared.storage import Database, StorageUnavailable
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


def test_a_round_that_breaks_has_failed_and_the_next_comes_by_the_clock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.story()
    world.propose()
    asked = world.do(ask_for_round, world.settings, LIVE)
    with monkeypatch.context() as broken:
        broken.setattr(
            "services.matcher.rounds.assigning.assign_evenly", _raising(ValueError("odd"))
        )
        look(world)
    assert loaded(world, asked.round_id).status == FAILED
    assert "ValueError" in loaded(world, asked.round_id).phase
    look(world)
    with world.database.read() as connection:
        assert len(recent_rounds(connection, 5)) == 1, "it is not asked for again at once"
    world.clock.advance(days=1)
    look(world)
    with world.database.read() as connection:
        assert [one.status for one in recent_rounds(connection, 5)] == [DONE, FAILED]


def test_a_round_that_the_database_interrupts_is_run_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.story()
    world.propose()
    asked = world.do(ask_for_round, world.settings, LIVE)
    with monkeypatch.context() as away:
        away.setattr(
            "services.matcher.rounds.assigning.put_choices", _raising(StorageUnavailable("away"))
        )
        look(world)
    assert not loaded(world, asked.round_id).is_over
    look(world)
    assert loaded(world, asked.round_id).status == DONE


def test_a_round_asked_for_by_somebody_else_meanwhile_is_run_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.story()
    world.propose()
    world.clock.advance(days=1)
    parameters = replace(settings_parameters(world.settings), per_need=1)
    rounds = Rounds(world.database, world.deps, world.clock)
    due = "services.matcher.rounds.run.first_proposed_at"

    def somebody_asks(_: object) -> object:
        monkeypatch.undo()
        world.do(ask_for_round, world.settings, LIVE, parameters=parameters)
        return world.clock.now().replace(year=2020)

    monkeypatch.setattr(due, somebody_asks)
    assert not rounds.run(world.clock.now())
    assert rounds.run(world.clock.now())
    rounds.close()
    with world.database.read() as connection:
        [found] = recent_rounds(connection, 5)
    assert (found.status, found.parameters.per_need) == (DONE, 1)


def _raising(error: Exception) -> Any:
    def raises(*_: Any, **__: Any) -> None:
        raise error

    return raises
