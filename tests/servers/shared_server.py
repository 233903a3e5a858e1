"""One server shared by all test processes of a run: how a process joins it (the other end: keeper.py)."""

import fcntl
import json
import subprocess
import sys
import time
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType

from tests.servers.processes import ServerDidNotStart

START_TIMEOUT_SECONDS = 180.0


class SharedServer:
    """What one test process holds: join the run's server of this kind, starting it if need be."""

    def __init__(self, kind: str, run_folder: Path) -> None:
        self._kind = kind
        self._folder = run_folder / f"server-{kind}"
        self._membership: TextIOWrapper | None = None

    def __enter__(self) -> dict[str, str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            self._membership = (self._folder / "users.lock").open("a")
            fcntl.flock(self._membership, fcntl.LOCK_SH)  # waits for a keeper that is leaving
            if not self._keeper_lives():
                self._start_keeper()
            info: dict[str, str] = json.loads((self._folder / "info.json").read_text())
            return info

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._membership:
            self._membership.close()
            self._membership = None

    def _keeper_lives(self) -> bool:
        with (self._folder / "keeper.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return (self._folder / "info.json").exists()
        return False

    def _start_keeper(self) -> None:
        info, log = self._folder / "info.json", self._folder / "keeper.log"
        info.unlink(missing_ok=True)
        with log.open("ab") as output:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.keeper", self._kind, str(self._folder)],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C ends the tests first, then the server
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not info.exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                keeper.kill()
                raise ServerDidNotStart(f"The test {self._kind} failed:\n{log.read_text()[-4000:]}")
            time.sleep(0.05)
        keeper.returncode = 0  # it outlives us on purpose; say so to the interpreter
