"""The worker stops when told, waits where waiting helps, and ends what does not come back."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.messaging.worker import Worker
from shared.storage import Busy

_ROOT = Path(__file__).parents[3]


class Steps:
    """A task made of a function; knows what was done to it."""

    def __init__(self, step: Callable[[int], None], name: str = "steps") -> None:
        self.name = name
        self.taken = 0
        self.closed = False
        self._step = step

    def step(self, timeout_seconds: float = 0.0) -> bool:
        self.taken += 1
        self._step(self.taken)
        time.sleep(min(timeout_seconds, 0.01))
        return True

    def close(self) -> None:
        self.closed = True


def run_until(holds: Callable[[], bool], worker: Worker) -> int:
    def stop() -> None:
        deadline = time.monotonic() + 20.0
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.01)
        worker.stop()

    threading.Thread(target=stop).start()
    return worker.run()


@pytest.fixture(autouse=True)
def signals_as_they_were() -> object:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_passing_fault_of_any_task_does_not_end_the_process() -> None:
    def flaky(taken: int) -> None:
        if taken < 3:
            raise Busy("the database is locked")

    task = Steps(flaky)
    assert run_until(lambda: task.taken > 5, Worker("registry", [task])) == 0
    assert task.closed


def test_a_bug_ends_it_and_the_others_are_closed() -> None:
    def wrong(_taken: int) -> None:
        raise KeyError("surprise")

    other = Steps(lambda _taken: None, "other")
    assert Worker("registry", [other, Steps(wrong, "wrong")]).run() == 1
    assert other.closed


def test_gauges_that_hang_do_not_keep_it_from_stopping() -> None:
    hanging = threading.Event()
    task = Steps(lambda _taken: None)

    def hang() -> None:
        hanging.set()
        time.sleep(60.0)

    started = time.monotonic()
    assert run_until(hanging.is_set, Worker("registry", [task], every_second=hang)) == 0
    assert time.monotonic() - started < 15.0


_SCRIPT = """
import sys, time
from shared.messaging import worker as module
from shared.messaging.worker import Worker
from shared.observability.logging import configure
configure("registry")  # log lines go to standard error, so that the output is the task's alone
module.FINISH_SECONDS = 0.5
class Stuck:
    name = "stuck"
    def step(self, timeout_seconds=0.0):
        sys.stdout.write("in its step\\n"); sys.stdout.flush()
        time.sleep(60)
    def close(self):
        sys.stdout.write("closed under its feet\\n"); sys.stdout.flush()
sys.exit(Worker("registry", [Stuck()], stalled_seconds=float(sys.argv[1])).run())
"""


def test_a_step_that_does_not_end_is_not_closed_under_its_feet() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, "600"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in its step\n"
    os.kill(process.pid, signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 70
    assert "closed under its feet" not in output
    assert "time.sleep" in errors or "Thread" in errors


def test_a_step_that_stalls_ends_the_process_and_shows_where_it_stood() -> None:
    """Nobody asks it to: the watchdog sees it, and a supervisor starts the worker anew."""
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "0.2"],
        cwd=_ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 70
    assert '"event": "task_stalled"' in ended.stderr
    assert '"tasks": ["stuck"]' in ended.stderr
    assert "in step\n" in ended.stderr
    assert "closed under its feet" not in ended.stdout


def test_a_signal_never_waits_for_a_lock_of_the_loop_it_interrupts() -> None:
    """The handler runs in the main thread, perhaps while that holds the lock of an event."""
    worker = Worker("registry", [])
    held = threading.Event()

    def signalled() -> None:
        held.wait(10.0)
        os.kill(os.getpid(), signal.SIGTERM)

    original = worker._watch

    def watch() -> None:
        original()
        with worker._stop._cond:  # type: ignore[attr-defined]
            held.set()
            time.sleep(0.3)

    worker._watch = watch  # type: ignore[method-assign]
    threading.Thread(target=signalled, daemon=True).start()
    assert worker.run() == 0
