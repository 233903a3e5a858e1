"""Runs a service's tasks, each in a thread of its own, until told to stop.

SIGTERM and SIGINT only set a flag: every task finishes its step, then all are closed in reverse
order. A task that raises ends the process (exit 1): a supervisor starts it again, and what it
held is where it was. A task that does not come back is reported with its stack, then the process
ends.
"""

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from shared.messaging.tasks import Task
from shared.observability import metrics, tracing
from shared.observability.health import HealthServer, serve_health
from shared.observability.logging import get_logger

STEP_SECONDS = 0.5
STALLED_SECONDS = 120.0
_WATCH_SECONDS = 1.0

Check = Callable[[], str | None]

_log = get_logger()


class Worker:
    """`checks` are further readiness checks; `every_second` sets gauges (outbox, balance).

    `traces_url` is where traces are sent (None: nowhere).
    """

    def __init__(
        self,
        service: str,
        tasks: Sequence[Task],
        *,
        health_host: str = "127.0.0.1",
        health_port: int = 0,
        checks: Mapping[str, Check] | None = None,
        every_second: Callable[[], None] | None = None,
        traces_url: str | None = None,
    ) -> None:
        self._service = service
        self._tasks = list(tasks)
        self._stop = threading.Event()
        self._failed: list[str] = []
        self._stepped = {task.name: time.monotonic() for task in tasks}
        self._health_host = health_host
        self._health_port = health_port
        self._checks = dict(checks or {})
        self._every_second = every_second
        self._traces_url = traces_url
        self._threads: list[threading.Thread] = []

    def run(self) -> int:
        """Returns the exit code: 0 after a signal, 1 when a task failed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        tracing.configure(self._service, self._traces_url)
        health = self._serve_health()
        self._start()
        _log.info("worker_started", service=self._service, tasks=[t.name for t in self._tasks])
        while not self._stop.wait(_WATCH_SECONDS):
            self._watch()
        self._finish()
        health.close()
        _log.info("worker_stopped", service=self._service, failed=self._failed)
        return 1 if self._failed else 0

    def stop(self) -> None:
        self._stop.set()

    def _serve_health(self) -> HealthServer:
        return serve_health(
            self._health_port,
            {**self._checks, "tasks": self._tasks_check},
            host=self._health_host,
        )

    def _tasks_check(self) -> str | None:
        return f"tasks failed: {', '.join(self._failed)}" if self._failed else None

    def _start(self) -> None:
        for task in self._tasks:
            thread = threading.Thread(target=self._loop, args=(task,), name=task.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _loop(self, task: Task) -> None:
        while not self._stop.is_set():
            self._stepped[task.name] = time.monotonic()
            try:
                task.step(STEP_SECONDS)
            except Exception as error:  # noqa: BLE001 - the last line of defence of a thread
                metrics.tasks_failed.labels(self._service, task.name).inc()
                _log.exception("task_failed", task=task.name, kind=type(error).__name__)
                self._failed.append(task.name)
                self._stop.set()

    def _watch(self) -> None:
        if self._every_second is not None:
            try:
                self._every_second()
            except Exception as error:  # noqa: BLE001 - a gauge must not end the process
                _log.warning("gauges_failed", kind=type(error).__name__, detail=str(error))
        now = time.monotonic()
        stalled = [name for name, at in self._stepped.items() if now - at > STALLED_SECONDS]
        if stalled:
            _log.error("task_stalled", tasks=stalled, seconds=STALLED_SECONDS)
            faulthandler.dump_traceback(file=sys.stderr)
            os._exit(70)

    def _finish(self) -> None:
        for thread in self._threads:
            thread.join(timeout=30.0)
        for task in reversed(self._tasks):
            task.close()
