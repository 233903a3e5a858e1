"""Runs a service's tasks, each in a thread of its own, until told to stop.

SIGTERM and SIGINT only set a flag: every task finishes its step, then all are closed in reverse
order. A task that raises what time can heal is stepped again later; anything else ends the process
(exit 1): a supervisor starts it again, and what it held is where it was. A task that does not come
back is reported with its stack, then the process ends.
"""

import faulthandler
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_transient
from shared.messaging.tasks import Task
from shared.observability import metrics, tracing
from shared.observability.health import HealthServer, serve_health
from shared.observability.logging import get_logger
from shared.storage.errors import Conflict

STEP_SECONDS = 0.5
FINISH_SECONDS = 30.0
_WATCH_SECONDS = 1.0

Check = Callable[[], str | None]

_log = get_logger()


class Worker:
    """`checks` are further readiness checks; `every_second` sets gauges (outbox, balance).

    `traces_url` is where traces are sent (None: nowhere). A step that lasts `stalled_seconds` ends
    the process.
    """

    def __init__(  # noqa: PLR0913 - what a process is given, all named at the call
        self,
        service: str,
        tasks: Sequence[Task],
        *,
        health_host: str = "127.0.0.1",
        health_port: int = 0,
        checks: Mapping[str, Check] | None = None,
        every_second: Callable[[], None] | None = None,
        traces_url: str | None = None,
        stalled_seconds: float = 600.0,
    ) -> None:
        self._service = service
        self._tasks = list(tasks)
        self._stop = threading.Event()
        # What a signal's handler may touch: an event's lock may be held where it interrupts.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._failed: list[str] = []
        self._stepped = {task.name: time.monotonic() for task in tasks}
        self._health_host = health_host
        self._health_port = health_port
        self._checks = dict(checks or {})
        self._every_second = every_second
        self._traces_url = traces_url
        self._stalled_seconds = stalled_seconds
        self._threads: list[threading.Thread] = []

    def run(self) -> int:
        """Returns the exit code: 0 after a signal, 1 when a task failed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._wake.put(None))
        tracing.configure(self._service, self._traces_url)
        health = self._serve_health()
        self._start()
        _log.info("worker_started", service=self._service, tasks=[t.name for t in self._tasks])
        while not self._told_to_stop():
            self._watch()
        self._stop.set()
        self._finish()
        health.close()
        _log.info("worker_stopped", service=self._service, failed=self._failed)
        return 1 if self._failed else 0

    def stop(self) -> None:
        self._wake.put(None)

    def _told_to_stop(self) -> bool:
        try:
            self._wake.get(timeout=_WATCH_SECONDS)
        except queue.Empty:
            return False
        return True

    def _serve_health(self) -> HealthServer:
        return serve_health(
            self._health_port,
            {**self._checks, "tasks": self._tasks_check},
            host=self._health_host,
        )

    def _tasks_check(self) -> str | None:
        """Ready when every task that has something to say (`not_ready`) says nothing."""
        if self._failed:
            return f"tasks failed: {', '.join(self._failed)}"
        for task in self._tasks:
            said: Check | None = getattr(task, "not_ready", None)
            reason = said() if said is not None else None
            if reason is not None:
                return f"{task.name}: {reason}"
        return None

    def _start(self) -> None:
        for task in self._tasks:
            self._spawn(task.name, self._loop, task)
        if self._every_second is not None:
            # Not in the watching thread: a database that hangs must not blind the watchdog.
            threading.Thread(
                target=self._gauges, args=(self._every_second,), name="gauges", daemon=True
            ).start()

    def _spawn(self, name: str, target: Callable[[Task], None], task: Task) -> None:
        thread = threading.Thread(target=target, args=(task,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, task: Task) -> None:
        backoff = Backoff()
        while not self._stop.wait(backoff.wait_seconds()):
            self._stepped[task.name] = time.monotonic()
            try:
                task.step(STEP_SECONDS)
            except Exception as error:  # noqa: BLE001 - the last line of defence of a thread
                metrics.tasks_failed.labels(self._service, task.name).inc()
                kind = type(error).__name__
                if is_transient(error) or isinstance(error, Conflict):
                    backoff.failed()
                    _log.warning("task_waits", task=task.name, kind=kind, detail=str(error))
                    continue
                _log.exception("task_failed", task=task.name, kind=kind)
                self._failed.append(task.name)
                self._stop.set()
                self._wake.put(None)
            else:
                backoff.succeeded()

    def _gauges(self, every_second: Callable[[], None]) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            try:
                every_second()
            except Exception as error:  # noqa: BLE001 - a gauge must not end the process
                _log.warning("gauges_failed", kind=type(error).__name__, detail=str(error))

    def _watch(self) -> None:
        now = time.monotonic()
        lasted = {name: now - at for name, at in self._stepped.items()}
        for name, seconds in lasted.items():
            metrics.task_step_seconds.labels(self._service, name).set(seconds)
        stalled = [name for name, seconds in lasted.items() if seconds > self._stalled_seconds]
        if stalled:
            self._give_up(stalled, self._stalled_seconds)

    def _give_up(self, stalled: Sequence[str], seconds: float) -> NoReturn:
        _log.error("task_stalled", tasks=list(stalled), seconds=seconds)
        faulthandler.dump_traceback(file=sys.stderr)
        os._exit(70)

    def _finish(self) -> None:
        """A task still in its step is not closed under its feet: what it holds has one thread."""
        deadline = time.monotonic() + FINISH_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        running = {thread.name for thread in self._threads if thread.is_alive()}
        for task in reversed(self._tasks):
            if task.name in running:
                continue
            try:
                task.close()
            except Exception as error:  # noqa: BLE001 - the others are to be closed all the same
                _log.warning("close_failed", task=task.name, kind=type(error).__name__)
        if running:
            self._give_up(sorted(running), FINISH_SECONDS)
