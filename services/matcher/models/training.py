"""The worker's task that learns anew once enough was said since it last did."""

from datetime import datetime

from services.matcher.models.train import train
from services.matcher.scoring.index import Model
from services.matcher.settings import MatcherSettings
from services.matcher.store.models import all_models
from services.matcher.store.training import count_training_rows
from shared.clock import Clock
from shared.observability.logging import get_logger
from shared.storage import Busy, Conflict, Database, Lease, StorageUnavailable

EVERY_SECONDS = 3_600.0

_log = get_logger()


class Training:
    """`run(now)` is the function of a `Periodic` task, which does it in one process at a time."""

    def __init__(
        self, database: Database, shipped: Model, settings: MatcherSettings, clock: Clock
    ) -> None:
        self._database = database
        self._shipped = shipped
        self._least_new = settings.train_after_rows
        self._clock = clock
        self._lease = Lease(database, "training")
        self._looked_at = 0

    def run(self, _now: datetime) -> bool:
        """Never more to do at once: answers False."""
        try:
            if self._least_new and self._lease.acquire():
                self._learn_from_enough()
        except (Busy, Conflict, StorageUnavailable) as error:
            _log.warning("training_waits", kind=type(error).__name__)
        return False

    def close(self) -> None:
        self._lease.release()

    def _learn_from_enough(self) -> None:
        """Counted from the last that was learned, or from what this process has looked at."""
        with self._database.read() as connection:
            rows = count_training_rows(connection)
            learned = [int(one.data["rows"]) for one in all_models(connection)[:1]]
        before = max([self._looked_at, *learned])
        if rows - before < self._least_new:
            return
        found = train(self._database, self._shipped, self._clock)
        self._looked_at = rows
        _log.info("trained", version=found.version, offered=found.offered)
