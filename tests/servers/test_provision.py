"""What `make test` does first: quick when all is there, plain when something is missing."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_is_quick_when_everything_is_there() -> None:
    started = time.monotonic()

    ended = _provision(dict(os.environ))

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert time.monotonic() - started < 2


def test_it_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}

    ended = _provision(nothing)

    assert ended.returncode == 1
    for name, package in (
        ("Java 17", "default-jre-headless"),
        ("Maven", "maven"),
        ("Chromium", "chromium"),
    ):
        (line,) = [line for line in ended.stderr.splitlines() if f"Missing: {name}" in line]
        assert f"apt-get install {package}" in line


def test_servers_that_run_elsewhere_are_not_asked_for(tmp_path: Path) -> None:
    elsewhere = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
        "CONVENE_TEST_POSTGRES_URL": "postgresql+psycopg://127.0.0.1/postgres",
    }

    ended = _provision(elsewhere)

    assert "Java" not in ended.stderr
    assert "Maven" not in ended.stderr
    assert "PostgreSQL's" not in ended.stderr


def _provision(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.provision"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
