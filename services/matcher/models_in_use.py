"""Which parameters score today, as the database has it; the one place that builds the `Model`.

The shipped model is the cold start. A coordinator who accepts learned weights writes that in the
database; every process sees it at its next look, builds a new `Model` and starts a new index.
Matches keep the scores they were made with.
"""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection

from services.matcher.scoring.index import Model
from services.matcher.scoring.scorer import scorer_of
from services.matcher.scoring.weights import Weights
from services.matcher.store.models import find_model, model_in_use
from shared.observability.logging import get_logger
from shared.storage import Database

_log = get_logger()


@dataclass(frozen=True, slots=True)
class InUse:
    """What the database says a model is made of; equal while nothing changed. None: as shipped."""

    learned: Weights | None = None
    representation: str = ""
    """What `learned` was learned over."""


class ModelsInUse:
    """The model of one process, built again when the database names other parameters."""

    def __init__(self, database: Database, shipped: Model) -> None:
        self._database = database
        self._shipped = shipped
        self._lock = threading.Lock()
        self._known = InUse()
        self._model = shipped

    def now(self) -> Model:
        """The same object while nothing changed. Opens its own transaction: call it outside of one."""
        with self._database.read() as connection:
            return self.seen_by(connection)

    def seen_by(self, connection: Connection) -> Model:
        """The model in use as this transaction sees it."""
        found = read_in_use(connection)
        with self._lock:
            if found != self._known:
                self._model = self._built(found)
                self._known = found
            return self._model

    def of_version(self, connection: Connection, version: str) -> Model | None:
        """The model that once scored under this version, None where its parts are not known here."""
        for model in (self._shipped, self.seen_by(connection)):
            if model.version == version:
                return model
        stored = find_model(connection, scorer_of(version))
        if stored is None:
            return None
        model = self._shipped.learned(Weights.read(stored.parameters))
        return model if model.version == version else None

    def _built(self, found: InUse) -> Model:
        if found.learned is None:
            return self._shipped
        if found.representation != self._shipped.representation:
            # Weights of other features would mislead; the priors are what this process can vouch for.
            _log.warning("learned_weights_do_not_fit", learned_over=found.representation)
            return self._shipped
        return self._shipped.learned(found.learned)


def read_in_use(connection: Connection) -> InUse:
    stored = model_in_use(connection)
    if stored is None:
        return InUse()
    return InUse(Weights.read(stored.parameters), stored.representation)
