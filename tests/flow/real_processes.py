"""The house as it is run: every line of the Procfile as a process of its own, over real sockets."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from scripts.supervision import answers, processes
from shared.clock import SystemClock
from shared.ids import new_id
from shared.settings.common import SERVICES
from tests.flow.house import environment
from tests.flow.prepared import first_people, set_up
from tests.flow.walk import PAST_GRACE_SECONDS
from tests.servers.kafka import KafkaServer
from tests.servers.postgres import PostgresDatabases
from tests.servers.processes import free_port, spawn

ROOT = Path(__file__).resolve().parents[2]
SETTLE_SECONDS = 300.0
NUDGE_SECONDS = 10.0


class RealProcesses:
    """Built from a folder; everything it writes is in there. `close()` ends what it started."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        names = ("registry", "matcher", "notifier", "mailbox", "smtp")
        workers = ("registry-worker", "matcher-worker", "notifier-worker")
        self._ports = {name: free_port() for name in (*names, *workers)}
        self._shift = folder / "clock-shift"
        self._shift_seconds = 0.0
        given = {"CLOCK_SHIFT_FILE": str(self._shift), **settings}
        self.environment = {**_outside(), **environment(folder, self._ports, **given)}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.admin_key = ""
        self.broker_pid: int | None = None
        self.nudge: Callable[[], None] = lambda: None
        self.registry = self._client("registry")
        self.matcher = self._client("matcher")
        self.notifier = self._client("notifier")
        self.mailbox = self._client("mailbox")

    def start(self, only: Sequence[str] = ()) -> "RealProcesses":
        """Set up all services, and start every line of the Procfile, or these of them."""
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        set_up(self.environment)
        self.admin_key = first_people(self.environment, SystemClock())
        for name in only or list(processes(ROOT / "Procfile")):
            self.launch(name)
        self.wait_ready(self.running)
        return self

    def command(self, service: str, *words: str) -> str:
        """Run one of the service's commands; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", f"services.{service}", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{service} {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def launch(self, name: str) -> None:
        words = shlex.split(processes(ROOT / "Procfile")[name])
        module = words[2:] if words[:2] == ["python", "-m"] else words
        variables = dict(self.environment)
        if name.endswith("-worker"):
            variables["CONVENE_HEALTH_PORT"] = str(self._ports[name])
        command = [sys.executable, "-m", *module]
        self.running[name] = spawn(command, self.folder / "log" / f"{name}.log", variables)

    def kill(self, name: str) -> None:
        """As if the power went: no signal handler runs."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)  # gunicorn's workers with it
        process.wait()

    def restart(self, name: str) -> None:
        self.launch(name)
        self.wait_ready([name])

    def wait_ready(self, names: Iterable[str], seconds: float = 240.0) -> None:
        waiting = {name: self._readiness(name) for name in names}
        deadline = time.monotonic() + seconds
        while waiting:
            waiting = {name: url for name, url in waiting.items() if not answers(url)}
            dead = [name for name in waiting if self.running[name].poll() is not None]
            assert not dead, f"{dead} ended: {self.log(dead[0])}"
            assert time.monotonic() < deadline, f"not ready: {list(waiting)}"
            time.sleep(0.05)

    def settle(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        nudge_at = time.monotonic() + NUDGE_SECONDS
        while not condition():
            if time.monotonic() > nudge_at:
                self.nudge()
                nudge_at += NUDGE_SECONDS
            dead = [
                name for name, process in list(self.running.items()) if process.poll() is not None
            ]
            assert not dead, f"{dead} ended while waiting for {what}: {self.log(dead[0])}"
            assert time.monotonic() < deadline, f"never happened: {what}; logs in {self.folder}"
            time.sleep(0.05)

    def let_grace_pass(self) -> None:
        """What can be undone for a while is settled: now, and again while somebody waits for it."""
        self.nudge = lambda: self.advance(seconds=PAST_GRACE_SECONDS)
        self.nudge()

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self._shift_seconds += seconds + days * 86_400
        new = self._shift.with_suffix(".new")
        new.write_text(str(self._shift_seconds))
        new.replace(self._shift)

    def database_url(self, service: str) -> str:
        return self.environment["CONVENE_DATABASE_URL"].replace("{service}", service)

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")[-4000:]

    def close(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for client in (self.registry, self.matcher, self.notifier, self.mailbox):
            client.close()

    def _client(self, name: str) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self._ports[name]}", timeout=30.0)

    def _readiness(self, name: str) -> str:
        service = name.removesuffix("-web")
        return f"http://127.0.0.1:{self._ports[service]}/readyz"


@contextmanager
def large_house(
    folder: Path, postgres: PostgresDatabases, only: Sequence[str] = (), **settings: str
) -> Iterator[RealProcesses]:
    """Running on Kafka and PostgreSQL: a broker of its own, because topics have fixed names."""
    prefix = "house_" + new_id().replace("-", "")[-12:]
    urls = [postgres.create_database(f"{prefix}_{name}") for name in SERVICES]
    template = urls[0].replace(f"{prefix}_{SERVICES[0]}", f"{prefix}_{{service}}")
    with KafkaServer(own=True) as kafka:
        servers = f"kafka://{kafka.bootstrap_servers}"
        house = RealProcesses(folder, BUS_URL=servers, DATABASE_URL=template, **settings)
        house.broker_pid = kafka.pid
        try:
            yield house.start(only)
        finally:
            house.close()


@contextmanager
def small_house(folder: Path, only: Sequence[str] = (), **settings: str) -> Iterator[RealProcesses]:
    """Running on the embedded log and SQLite."""
    house = RealProcesses(folder, **settings)
    try:
        yield house.start(only)
    finally:
        house.close()


def _outside() -> dict[str, str]:
    """Our own environment without settings of Convene that somebody may have exported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONVENE_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}
