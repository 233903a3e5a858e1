"""Every scenario passes as the services are; with a mutant in them its rule speaks up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.checker import RULES, check
from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.scenarios.all_of_them import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_services_as_they_are_keep_every_rule(name: str, tmp_path: Path) -> None:
    assert check(SCENARIOS[name](tmp_path)) == []


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_mutant_is_caught(
    mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant.apply(monkeypatch)
    findings = check(SCENARIOS[mutant.scenario](tmp_path))
    assert mutant.rule in {finding.rule for finding in findings}, findings


def test_a_mutant_can_be_put_into_any_process() -> None:
    command = [sys.executable, "-m", "tests.faults.mutated", "get-answers"]
    ended = subprocess.run(
        [*command, "tests.faults.scenarios.all_of_them", "mail"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "consent: person@bbc.example was in a mail to" in ended.stdout


def test_every_promise_is_broken_by_a_mutant() -> None:
    assert {mutant.promise for mutant in MUTANTS.values()} == {f"P{n}" for n in range(1, 9)}
    assert {mutant.rule for mutant in MUTANTS.values()} <= set(RULES)
