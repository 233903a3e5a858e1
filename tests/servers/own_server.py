"""A server that a test starts, breaks and starts again: folder, port and process of its own."""

import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.processes import ServerDidNotStart, stop

STOP_TIMEOUT_SECONDS = 15.0


class OwnServer(ABC):
    """Start, use, stop. After `kill()` or `stop()`, `start()` brings the same data back on the same
    port; `close()` also removes the data.

    `external` is the address of a server that already runs: then nothing is started or stopped.
    """

    stop_signal: signal.Signals
    kill_signal: signal.Signals

    def __init__(self, external: str) -> None:
        self._external = external
        self._folder: Path | None = None
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def address(self) -> dict[str, str]:
        """How other processes reach it."""

    @abstractmethod
    def _prepare(self) -> None:
        """Set `_folder` and `_port`, and make what the server needs to run."""

    @abstractmethod
    def _run(self) -> None:
        """Set `_process`; return when the server answers."""

    @property
    def folder(self) -> Path:
        assert self._folder is not None, "not started by us"
        return self._folder

    @property
    def data_folder(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Self:
        if self._external or (self._process and self._process.poll() is None):
            return self
        if self._folder is not None:
            self._run()
            return self
        for attempts_left in (2, 1, 0):  # a port found free may be taken before we get it
            try:
                self._prepare()
                self._run()
                break
            except ServerDidNotStart:
                self.close()
                if not attempts_left:
                    raise
        return self

    def stop(self) -> None:
        """An orderly shutdown; the data stays."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """What a power cut does to the process; the data stays."""
        self._end(self.kill_signal)

    def close(self) -> None:
        self.kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process:
            stop(self._process, number, STOP_TIMEOUT_SECONDS)
            self._process = None
