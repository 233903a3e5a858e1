"""The import contracts hold, and each of them notices when it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, python_files

PLANTED = {
    "services-apart": ("services/matcher/settings.py", "import services.registry.settings"),
    "shared-below": ("shared/clock.py", "import services.registry"),
    "inside-shared": ("shared/utils.py", ""),
    "inside-services": ("services/registry/store/planted.py", "import services.registry.api"),
    "domain-alone": ("services/matcher/domain/planted.py", "import sqlalchemy"),
    "scoring-pure": ("services/matcher/scoring/planted.py", "import shared.storage"),
    "inside-scoring": (
        "services/matcher/scoring/text/planted.py",
        "import services.matcher.scoring.retrieval",
    ),
    "kafka-in-bus": ("services/matcher/planted.py", "import kafka"),
    "sklearn-in-scoring": ("services/matcher/planted.py", "from sklearn import base"),
    "smtp-in-mail": ("services/notifier/planted.py", "import smtplib"),
    "flask-at-the-edge": ("services/registry/store/planted.py", "from flask import request"),
    "sqlite-below": ("services/registry/store/planted.py", "import sqlite3"),
    "environs-in-settings": ("services/registry/planted.py", "import environs"),
}
# Upwards inside shared, besides a module without a place.
MORE_PLANTED = [
    ("inside-shared", "shared/storage/planted.py", "import shared.web"),
    ("inside-shared", "shared/bus/planted.py", "import shared.contracts"),
    ("inside-shared", "shared/web/planted.py", "import shared.messaging"),
    ("inside-services", "services/notifier/domain/planted.py", "import services.notifier.store"),
]


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command"
    return subprocess.run(
        [sys.executable, "-c", f"{code}; lint_imports_command()", "--no-cache", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree's modules without their content, so that only what is planted imports anything."""
    folder = tmp_path_factory.mktemp("skeleton")
    for path in python_files(*PACKAGES):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def contract_ids() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return [c["id"] for c in tomllib.load(file)["tool"]["importlinter"]["contracts"]]


def test_every_contract_has_a_planted_violation() -> None:
    assert sorted(contract_ids()) == sorted(PLANTED)


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "file", "line"), [(k, *v) for k, v in PLANTED.items()] + MORE_PLANTED
)
def test_a_planted_violation_is_found(skeleton: Path, contract: str, file: str, line: str) -> None:
    planted = skeleton / file
    existed = planted.exists()
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(f"{line}\n")
    try:
        done = lint(skeleton, "--contract", contract)
    finally:
        planted.unlink()
        if existed:
            planted.touch()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout
