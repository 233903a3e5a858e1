"""`backup` and `restore` as an operator calls them, and what they say."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.registry.__main__ import main
from tests.small_size import small_size


class Operator:
    """Somebody at a terminal beside a small coalition."""

    def __init__(self, folder: Path) -> None:
        self._runner = CliRunner(env=small_size(folder))

    def says(self, *words: str, fails: bool = False) -> str:
        done: Result = self._runner.invoke(main, list(words))
        assert (done.exit_code != 0) is fails, done.output
        return done.output


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path)
    operator.says("setup")
    return operator


def test_the_way_there_and_back(operator: Operator, tmp_path: Path) -> None:
    folder = str(tmp_path / "backup")
    operator.says("key", "create", "--label", "before")
    assert "The keys are not in it." in operator.says("backup", folder)
    assert "exists already" in operator.says("backup", folder, fails=True)
    operator.says("key", "create", "--label", "after")
    assert "say --replace" in operator.says("restore", folder, fails=True)
    said = operator.says("restore", folder, "--replace")
    assert "0 contact(s) erased after the backup were erased again." in said
    assert said.endswith("Done: the processes may start.\n")
    listed = operator.says("key", "list")
    assert "before" in listed
    assert "after" not in listed


def test_what_could_not_be_finished_is_finished_later_and_no_worker_starts_before(
    operator: Operator, tmp_path: Path
) -> None:
    folder, bus, away = str(tmp_path / "backup"), tmp_path / "bus.db", tmp_path / "away.db"
    operator.says("backup", folder)
    bus.rename(away)
    bus.mkdir()  # a bus that cannot be opened
    said = operator.says("restore", folder, "--replace", fails=True)
    assert "the database is restored, but the bus was not reached" in said
    assert "run `python -m services.registry finish-restore`" in said
    assert "was not finished" in operator.says("worker", fails=True)
    bus.rmdir()
    away.rename(bus)
    assert operator.says("finish-restore").endswith("Done: the processes may start.\n")
    operator.says("finish-restore")


def test_what_is_no_backup_is_refused(operator: Operator, tmp_path: Path) -> None:
    said = operator.says("restore", str(tmp_path / "none"), "--replace", fails=True)
    assert "is it a backup?" in said
