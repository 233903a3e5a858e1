"""Waiting longer after each failure, never all at the same moment."""

import random
import time


class Backoff:
    """`failed()` after a failure, `succeeded()` after a success; `wait_seconds()` says how long
    is left. Full jitter below a cap, so that processes that failed together do not retry together.
    """

    def __init__(self, *, first_seconds: float = 0.1, cap_seconds: float = 5.0) -> None:
        self._first = first_seconds
        self._cap = cap_seconds
        self._failures = 0
        self._until = 0.0

    @property
    def failures(self) -> int:
        return self._failures

    def failed(self) -> None:
        self._failures += 1
        ceiling = min(self._cap, self._first * 2 ** min(self._failures - 1, 20))
        self._until = time.monotonic() + random.uniform(ceiling / 2, ceiling)  # noqa: S311

    def succeeded(self) -> None:
        self._failures = 0
        self._until = 0.0

    def wait_seconds(self) -> float:
        return max(0.0, self._until - time.monotonic())
