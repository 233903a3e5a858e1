"""How test servers are started: they die with the process that started them, whatever kills it."""

import ctypes
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ServerDidNotStart(Exception):
    """A test server did not become ready; its output is in the message."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def spawn(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    on_parent_death: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (so that Ctrl-C reaches us first), writing to `log`."""

    def _die_with_parent() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(on_parent_death))

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads exist yet where this is called
        )


def wait_until_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], timeout_seconds: float, log: Path
) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if process.poll() is not None:
            raise ServerDidNotStart(
                f"It exited with {process.returncode}:\n{log.read_text()[-3000:]}"
            )
        if time.monotonic() > deadline:
            process.kill()
            raise ServerDidNotStart(
                f"Not ready after {timeout_seconds} s:\n{log.read_text()[-3000:]}"
            )
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], how: signal.Signals, timeout_seconds: float) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
