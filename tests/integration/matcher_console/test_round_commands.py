"""`round …`: a round from the command line, where no worker runs and where one does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.matcher.commands import rounds as round_commands
from services.matcher.rounds.run import Rounds
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World

Run = Callable[..., Result]


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CONVENE_DATABASE_URL", f"sqlite:///{tmp_path}/{{service}}.db")
    monkeypatch.setenv("CONVENE_ENVIRONMENT", "test")
    monkeypatch.setenv("CONVENE_SEMANTIC", "false")
    monkeypatch.setenv("CONVENE_KEYS_DIR", str(tmp_path / "keys"))
    market(world, needs=5, suppliers=3)
    world.propose()

    def run_it(*arguments: str) -> Result:
        return CliRunner().invoke(round_commands.round_group, list(arguments))

    return run_it


def test_a_round_is_run_tried_and_put_to_use(run: Run, world: World) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert "expected matches" in done.output
    tried = run("what-if", "--per-need", "1", "--floor", "1", "--reason", "Fewer to read")
    assert tried.exit_code == 0, tried.output
    round_id = tried.stdout.splitlines()[-1].partition(":")[0]
    assert max(_per_need(world)) > 1, "a what-if run changes nothing"
    assert run("promote", round_id, "--reason", "Coordinators asked").exit_code == 0
    assert max(_per_need(world)) == 1, "where no worker runs, the command brings it about"
    listed = run("list").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["live", "what_if", "live"]


def test_what_is_refused_is_said_in_a_line(run: Run) -> None:
    for arguments, said in (
        (("what-if", "--per-need", "0"), "per_need is 0"),
        (("what-if", "--weight", "luck=1"), "not a feature"),
        (("what-if", "--weight", "place"), "FEATURE=NUMBER"),
        (("promote", "nothing", "--reason", "x"), "there is no round nothing"),
    ):
        refused = run(*arguments)
        assert refused.exit_code != 0
        assert said in refused.output
        assert "Traceback" not in refused.output


def test_a_worker_that_runs_does_it(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Rounds(world.database, world.deps, world.clock)
    assert not worker.run(world.clock.now()), "the worker holds the lease"
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        assert worker.run(world.clock.now())

    monkeypatch.setattr("services.matcher.commands.rounds.time.sleep", wait)
    done = run()
    worker.close()
    assert done.exit_code == 0, done.output
    assert waited == [round_commands.ASK_EVERY_SECONDS]


def _per_need(world: World) -> list[int]:
    needs = [match.need_id for match in world.open()]
    return [needs.count(one) for one in set(needs)]
