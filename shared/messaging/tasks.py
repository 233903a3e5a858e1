"""What a worker does over and over, each in its own thread; tests pump the same tasks by hand."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.clock import Clock


class Task(Protocol):
    name: str

    def step(self, timeout_seconds: float = 0.0) -> bool:
        """Do what is due, waiting up to the timeout for something to do; True if anything was.

        A failure that time can heal is counted and answered by False, or raised as what it is
        (`failures.is_transient`) for the worker to wait; anything else raised ends the process.
        """
        ...

    def close(self) -> None:
        """Release what is held; may be called twice."""
        ...


class Periodic:
    """Calls `function(now)` every so often by the clock; its answer says whether it did something.

    While it has more to do (True) it is called again at once.
    """

    def __init__(
        self,
        name: str,
        every_seconds: float,
        function: Callable[[datetime], bool],
        clock: Clock,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._every = timedelta(seconds=every_seconds)
        self._function = function
        self._clock = clock
        self._close = close
        self._due: datetime | None = None

    def step(self, timeout_seconds: float = 0.0) -> bool:
        now = self._clock.now()
        if self._due is not None and now < self._due <= now + self._every:
            time.sleep(min(timeout_seconds, (self._due - now).total_seconds()))
            return False
        did = self._function(now)
        self._due = None if did else now + self._every
        return did

    def close(self) -> None:
        if self._close is not None:
            self._close()
            self._close = None


def pump(tasks: Sequence[Task], *, rounds: int = 10_000) -> int:
    """Step every task until none has anything to do; returns the number of steps that did.

    The single-threaded twin of `Worker`, for tests and commands. Raises when it does not settle.
    """
    steps = 0
    for _ in range(rounds):
        done = sum(task.step() for task in tasks)
        if not done:
            return steps
        steps += done
    raise RuntimeError(f"{len(tasks)} tasks did not come to rest within {rounds} rounds")
