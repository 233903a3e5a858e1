"""Assignment rounds step by step, for tests."""

from dataclasses import replace
from typing import Any

from services.matcher.domain.assignment import LIVE, AssignmentRound
from services.matcher.rounds.assigning import settings_parameters
from services.matcher.rounds.run import Rounds, ask_for_round
from services.matcher.store.assignments import load_round
from tests.integration.matcher.world import World


def run_round(world: World, kind: Any = LIVE, **changes: Any) -> AssignmentRound:
    """Asked for, run and brought about; one proposal for each place left, unless told otherwise."""
    asked = {"per_place": 1, **changes}
    parameters = replace(settings_parameters(world.settings), **asked)
    made = world.do(ask_for_round, world.settings, kind, parameters=parameters)
    look(world)
    return loaded(world, made.round_id)


def look(world: World) -> None:
    rounds = Rounds(world.database, world.deps, world.clock)
    while rounds.run(world.clock.now()):
        pass
    rounds.close()
    world.propose()


def loaded(world: World, round_id: str) -> AssignmentRound:
    with world.database.read() as connection:
        return load_round(connection, round_id)
