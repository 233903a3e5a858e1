"""The same house in one process and one thread: tasks are pumped until nothing is left to do.

No waiting and no clock but the one the test moves; HTTP goes to the applications directly. Mail
still leaves by real SMTP, to the mailbox, which is a process of its own.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from scripts.supervision import answers
from services.matcher import wiring as matcher
from services.matcher.settings import MatcherSettings
from services.notifier import wiring as notifier
from services.notifier.settings import NotifierSettings
from services.registry import wiring as registry
from services.registry.settings import RegistrySettings
from shared.bus.connect import connect
from shared.clock import ManualClock
from shared.messaging.tasks import Task, pump
from shared.settings import load_settings
from shared.settings.common import SERVICES
from shared.storage import Database
from tests.flow.house import environment
from tests.flow.prepared import first_people, set_up
from tests.servers.processes import free_port, spawn, wait_until_ready

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class _Later(httpx.BaseTransport):
    """Stands for an application that is built after those that call it."""

    app: httpx.WSGITransport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.app.handle_request(request)


class OneProcess:
    def __init__(self, folder: Path, **settings: str) -> None:
        names = ("registry", "matcher", "notifier", "mailbox", "smtp")
        ports = {name: free_port() for name in names}
        self.environment = environment(folder, ports, **settings)
        self.clock = ManualClock(START)
        self._mailbox = self._start_mailbox(folder, ports["mailbox"])
        self.mailbox = httpx.Client(base_url=f"http://127.0.0.1:{ports['mailbox']}")
        self.start()
        self.admin_key = first_people(self.environment, self.clock)

    def start(self) -> None:
        """Build everything but the mailbox, which is the world outside."""
        self._bus = connect(self.environment["CONVENE_BUS_URL"])
        of_registry = load_settings(RegistrySettings, self.environment)
        of_matcher = load_settings(MatcherSettings, self.environment)
        of_notifier = load_settings(NotifierSettings, self.environment)
        set_up(self.environment)
        transports = {name: _Later() for name in SERVICES}
        apps = {
            "registry": registry.build_web(of_registry, clock=self.clock, transports=transports),
            "matcher": matcher.build_web(of_matcher, clock=self.clock, transports=transports),
            "notifier": notifier.build_web(of_notifier, clock=self.clock, transports=transports),
        }
        self.matcher_app, self.notifier_app = apps["matcher"], apps["notifier"]
        for name, app in apps.items():
            transports[name].app = httpx.WSGITransport(app=app)
        shared = {"clock": self.clock, "bus": self._bus, "transports": transports}
        self.tasks: list[Task] = [
            *registry.build_tasks(of_registry, **shared),  # type: ignore[arg-type]
            *matcher.build_tasks(of_matcher, **shared),  # type: ignore[arg-type]
            *notifier.build_tasks(of_notifier, **shared),  # type: ignore[arg-type]
        ]
        self.registry, self.matcher, self.notifier = (
            httpx.Client(transport=transports[name], base_url=f"http://{name}.test")
            for name in SERVICES
        )

    def stop(self) -> None:
        """As if every process had ended: nothing is open any more, and the mailbox goes on."""
        for task in reversed(self.tasks):
            task.close()
        self._bus.close()
        gc.collect()
        for each in [one for one in gc.get_objects() if isinstance(one, Database)]:
            each.close()

    def settle(self, condition: Callable[[], bool], what: str) -> None:
        pump(self.tasks)
        assert condition(), f"everything is at rest and it has not happened: {what}"

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self.clock.advance(seconds=seconds, days=days)

    def database_url(self, service: str) -> str:
        return self.environment["CONVENE_DATABASE_URL"].replace("{service}", service)

    def close(self) -> None:
        for task in reversed(self.tasks):
            task.close()
        self._bus.close()
        self.mailbox.close()
        self._mailbox.terminate()
        self._mailbox.wait()

    def _start_mailbox(self, folder: Path, port: int) -> subprocess.Popen[bytes]:
        log = folder / "mailbox.log"
        command = [sys.executable, "-m", "services.notifier", "mailbox"]
        process = spawn(command, log, {**os.environ, **self.environment})
        url = f"http://127.0.0.1:{port}/readyz"
        wait_until_ready(process, lambda: answers(url), 30.0, log)
        return process
