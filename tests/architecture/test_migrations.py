"""Each service's migrations are one chain: number after number, each naming the one before."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

_SAID = re.compile(r'^(revision|down_revision) = (?:"(\d+)"|None)', re.MULTILINE)


def faults_of(folder: Path) -> list[str]:
    """Numbers that stand twice, are left out, or do not follow the one before."""
    faults = []
    files = sorted(folder.glob("[0-9]*.py"))
    for number, path in enumerate(files, start=1):
        said: dict[str, str] = dict(_SAID.findall(path.read_text()))
        before = f"{number - 1:04}" if number > 1 else ""
        if (said.get("revision"), said.get("down_revision")) != (f"{number:04}", before):
            faults.append(f"{path.name} is not number {number:04} after {before or 'none'}")
        elif not path.name.startswith(f"{number:04}_"):
            faults.append(f"{path.name} is named after another number than {number:04}")
    return faults


@pytest.mark.parametrize("service", ["registry", "matcher", "notifier"])
def test_migrations_are_one_chain(service: str) -> None:
    folder = ROOT / "services" / service / "migrations" / "versions"
    assert list(folder.glob("0001_*.py")) != []
    assert faults_of(folder) == []


def test_a_number_that_stands_twice_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "0001_a.py").write_text('revision = "0001"\ndown_revision = None\n')
    for name in ("0002_b.py", "0002_c.py"):
        (tmp_path / name).write_text('revision = "0002"\ndown_revision = "0001"\n')
    assert faults_of(tmp_path) == ["0002_c.py is not number 0003 after 0002"]
