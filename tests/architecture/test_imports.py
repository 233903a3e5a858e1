"""Importing does nothing: no socket, no file, no environment, no thread."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT, python_files, relative

IMPORT_ALL = """
import os, socket, sys, threading
os.environ.clear()
def refuse(*a, **k): raise AssertionError("a socket at import")
socket.socket.connect = socket.socket.bind = socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
opened = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        opened.append(args[0])
    if event in ("sqlite3.connect", "subprocess.Popen", "os.mkdir"):
        opened.append((event, args[0]))
sys.addaudithook(watch)
sys.dont_write_bytecode = True
import importlib
# -I leaves out the folder of the checkout: without it an installed copy would be tested instead.
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
ours = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
assert not ours, f"threads started at import: {ours}"
opened = [o for o in opened if "/dev/null" not in str(o)]
assert not opened, f"opened at import: {opened}"
"""


def module_names() -> list[str]:
    """Every module but those whose import is their start: __main__, wsgi and migrations."""
    names = []
    for path in python_files(*PACKAGES):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] in ("__main__", "wsgi") or "migrations" in parts:
            continue
        names.append(".".join(part for part in parts if part != "__init__"))
    return names


def import_in_new_process(names: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", IMPORT_ALL, str(ROOT), *names],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_importing_everything_touches_nothing(tmp_path: Path) -> None:
    names = module_names()
    assert len(names) > 50
    done = import_in_new_process(names, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert list(tmp_path.iterdir()) == []


def test_a_module_that_connects_is_noticed(tmp_path: Path) -> None:
    for number, line in enumerate(
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "open('x', 'w')")
    ):
        planted = tmp_path / f"planted_{number}.py"
        planted.write_text(f"{line}\n")
        done = subprocess.run(
            [sys.executable, "-I", "-c", IMPORT_ALL, str(tmp_path), planted.stem],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1


def test_our_top_level_names_clash_with_nobody() -> None:
    """`services` and `shared` are plain words: no installed package may bring them too."""
    owners = importlib.metadata.packages_distributions()
    for name in (*PACKAGES, "scripts", "tests", "benchmarks"):
        others = {owner for owner in owners.get(name, []) if owner.lower() != "convene"}
        assert others == set(), f"'{name}' also comes from {others}"


def test_only_settings_and_starting_points_read_the_environment() -> None:
    allowed = ("/settings.py", "__main__.py", "wsgi.py", "commands.py", "/migrations/env.py")
    found = [
        relative(path)
        for path in python_files(*PACKAGES)
        if ("os.environ" in path.read_text() or "getenv(" in path.read_text())
        and not path.as_posix().endswith(allowed)
        and "/commands/" not in relative(path)
        and not relative(path).startswith("shared/settings/")
    ]
    # prometheus_client itself is steered by a variable; metrics.py must ask the same question.
    assert found == ["shared/observability/metrics.py"]
