"""How a task sleeps until another process has committed something, without missing it.

Each task has a watch of its own: one shared watch would tell only whoever asked first.
"""

import time

from shared.storage import Database
from shared.storage.watch import Watch, watch


class Waiter:
    """Opened at the first wait; closing twice is allowed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watch: Watch | None = None

    def wait(self, timeout_seconds: float) -> None:
        """Return at the next commit of another connection, or after the timeout."""
        if timeout_seconds <= 0:
            return
        if self._watch is None:
            self._watch = watch(self._database.engine, self._database.dialect, self._database.path)
            # What was committed before the watch began would be missed for a whole timeout.
            time.sleep(min(timeout_seconds, 0.01))
            return
        self._watch.wait(timeout_seconds)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
