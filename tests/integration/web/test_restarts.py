"""A service's web process is renewed and stopped under requests, and none of them fails.

The registry as it is run: gunicorn with our configuration, on a socket bound before it starts.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.registry.keys import create_key
from services.registry.settings import RegistrySettings
from services.registry.wiring import open_database, setup
from shared.clock import SystemClock
from shared.settings import load_settings
from shared.sqlite import module
from shared.storage import unit_of_work
from tests.small_size import small_size

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

_ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 120.0
RENEWALS = 2


class Registry:
    """A gunicorn of its own, and callers who make a new connection for each request."""

    def __init__(self, folder: Path, listening: socket.socket, **environment: str) -> None:
        given = small_size(folder)
        settings = load_settings(RegistrySettings, given)
        setup(settings)
        self._key = _key(settings)
        self.port = int(listening.getsockname()[1])
        command = [sys.executable, "-m", "gunicorn", "services.registry.wsgi:app"]
        with (folder / "gunicorn.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--bind", f"fd://{listening.fileno()}"],
                cwd=_ROOT,
                env={**os.environ, **given, **environment},
                pass_fds=[listening.fileno()],
                stderr=log,
            )

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str]]:
        """Status and headers; an OSError is a request that failed."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
        lines += [f"Authorization: Bearer {self._key}", "Content-Type: application/json"]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""])
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(head.encode() + content)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        if not answer:
            raise ConnectionError("no answer")
        head, *_ = answer.decode("latin-1").split("\r\n\r\n")
        status, *named = head.split("\r\n")
        return int(status.split()[1]), dict(line.split(": ", 1) for line in named)

    def add(self, name: str) -> int:
        member = {"id": name, "name": f"{name} council", "sector": "local_government"}
        return self.ask("POST", "/v1/members", {**member, "places": ["Essex County Council"]})[0]

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(each) for each in children.read_text().split()}


def _key(settings: RegistrySettings) -> str:
    database = open_database(settings)
    with unit_of_work(database, source="/registry", clock=SystemClock(), actor="test") as work:
        _, text = create_key(work, "coordinator", None)
    database.close()
    return text


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    started: list[Registry] = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:

        def begin(**environment: str) -> Registry:
            started.append(Registry(tmp_path, listening, **environment))
            assert started[-1].ask("GET", "/livez")[0] == 200
            return started[-1]

        yield begin
        for each in started:
            each.process.terminate()
            each.process.wait(PATIENCE_SECONDS)


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


def test_renewed_under_requests_none_fails(start: Callable[..., Registry]) -> None:
    registry = start()
    answers: Counter[str] = Counter()
    going = threading.Event()
    going.set()

    def ask_on(caller: int) -> None:
        number = 0
        while going.is_set():
            number += 1
            try:
                status = registry.add(f"m-{caller}-{number}")
            except OSError as error:
                answers[repr(error)] += 1
            else:
                answers[str(status)] += 1

    callers = [threading.Thread(target=ask_on, args=(each,)) for each in range(3)]
    for each in callers:
        each.start()
    try:
        for _ in range(RENEWALS):
            before, seen = registry.workers(), answers["201"]
            registry.process.send_signal(signal.SIGHUP)
            renewed = lambda old=before: not old & registry.workers()  # noqa: E731
            until(renewed, "new processes in the place of the old")
            until(lambda so_far=seen: answers["201"] > so_far + 5, "answers")  # type: ignore[misc]
    finally:
        going.clear()
        for each in callers:
            each.join()
    assert set(answers) == {"201"}, answers


def test_stopped_in_the_middle_of_a_request_it_answers_first(
    start: Callable[..., Registry], tmp_path: Path
) -> None:
    registry = start(CONVENE_FAILPOINTS="storage.committing:delay=2")
    told: list[int] = []
    caller = threading.Thread(target=lambda: told.append(registry.add("essex")))
    caller.start()
    until(lambda: being_written(tmp_path / "registry.db") or told != [], "a request at its commit")
    registry.process.terminate()
    caller.join()
    assert registry.process.wait(PATIENCE_SECONDS) == 0
    assert told == [201]


def being_written(path: Path) -> bool:
    """Whether somebody holds the write lock of a database."""
    connection = module().connect(str(path), isolation_level=None, timeout=0.0)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except module().OperationalError:
        return True
    else:
        connection.execute("ROLLBACK")
        return False
    finally:
        connection.close()
