"""Which parameters score today, as the database has it; the one place that builds the `Model`.

The shipped model is the cold start. A coordinator who accepts learned weights writes that in the
database, as a worker does that counted words anew; every process sees it at its next look, builds
a new `Model` and starts a new index.
Matches keep the scores they were made with.
"""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection

from services.matcher.models.epochs import in_epoch, in_epoch_of
from services.matcher.scoring.index import Model
from services.matcher.scoring.learning.scorer import scorer_of, sentences_of
from services.matcher.scoring.learning.weights import Weights
from services.matcher.store.models import all_models, model_in_use
from services.matcher.store.word_epochs import EpochHead, newest_epoch
from shared.observability.logging import get_logger
from shared.storage import Database

_log = get_logger()


@dataclass(frozen=True, slots=True)
class InUse:
    """What the database says a model is made of; equal while nothing changed. None: as shipped."""

    learned: Weights | None = None
    representation: str = ""
    """What `learned` was learned over."""
    epoch: EpochHead | None = None
    """By which word weights; None: by general English."""


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
                self._model = self._built(connection, found)
                self._known = found
            return self._model

    def of_version(self, connection: Connection, version: str) -> Model | None:
        """The model that once scored under this version, None where its parts are not known here."""
        now = self.seen_by(connection)
        if now.version == version:
            return now
        for shipped in (self._shipped, self._shipped.at_first()):
            learned = _learned_as(connection, shipped, scorer_of(version))
            model = in_epoch_of(connection, shipped.learned(learned), version)
            if model.version == version:
                return model
        return None

    def _built(self, connection: Connection, found: InUse) -> Model:
        model = self._weighted(found)
        return model if found.epoch is None else in_epoch(connection, model, found.epoch)

    def _weighted(self, found: InUse) -> Model:
        if found.learned is None:
            return self._shipped
        if not fits(found.representation, self._shipped):
            # Weights of other features would mislead; the priors are what this process can vouch for.
            _log.warning("learned_weights_do_not_fit", learned_over=found.representation)
            return self._shipped
        return self._shipped.learned(found.learned)


def _learned_as(connection: Connection, shipped: Model, scorer: str) -> Weights | None:
    """The weights that score under this name; None: those it ships with. Weights learned before a
    feature came to be score under another name since, so the name alone does not find them.
    """
    known = (Weights.read(one.parameters) for one in all_models(connection))
    return next((one for one in known if shipped.learned(one).scorer.version_ == scorer), None)


def fits(representation: str, shipped: Model) -> bool:
    """Whether weights learned over this representation can score with this process's own."""
    return sentences_of(f"+{representation}") == sentences_of(shipped.version)


def read_in_use(connection: Connection) -> InUse:
    stored, epoch = model_in_use(connection), newest_epoch(connection)
    if stored is None:
        return InUse(epoch=epoch)
    return InUse(Weights.read(stored.parameters), stored.representation, epoch)
