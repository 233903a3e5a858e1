"""Epochs of word weights: counted over the coalition as it grows, the same for all its processes.

One is made when the listings first reach 128 and again at each doubling. Scores of all pairs move
then, and only then; every need is examined once more, and what is open keeps the score it has.
"""

import numpy as np
from sqlalchemy import Connection

from services.matcher.scoring.counting import FIRST_SIZE, with_words
from services.matcher.scoring.index import Model
from services.matcher.scoring.text.word_weights import WordCounts
from services.matcher.store.known import examine_everything
from services.matcher.store.word_epochs import (
    Counted,
    EpochHead,
    add_epoch,
    counted_in,
    epoch_named,
    newest_epoch,
)
from shared.storage import Work


def is_due(listings: int, newest: EpochHead | None) -> bool:
    """Whether so many listings deserve an epoch that is not there yet."""
    return listings >= FIRST_SIZE and (newest is None or _size(listings) > _size(newest.listings))


def record_epoch(work: Work, counts: WordCounts, listings: int) -> bool:
    """Write it down as the newest and have every need examined by it. False where another worker
    was quicker: its row of the same number stands. Waits for examinations that run by the old one,
    so whoever calls it may hold no lock that they wait for.
    """
    newest = newest_epoch(work.connection)
    if not is_due(listings, newest):
        return False
    number = 1 if newest is None else newest.number + 1
    counted = Counted(
        counts.texts,
        counts.usual_length,
        counts.columns.astype("<i4").tobytes(),
        counts.counts.astype("<i4").tobytes(),
    )
    head = EpochHead(number, counts.name, listings)
    written = add_epoch(work.connection, head, counted, work.now)
    if written:
        examine_everything(work.connection)
    return written


def in_epoch(connection: Connection, model: Model, epoch: EpochHead) -> Model:
    """The model with that epoch's word weights."""
    stored = counted_in(connection, epoch.number)
    columns = np.frombuffer(stored.columns, dtype="<i4").astype(np.int32)
    counts = np.frombuffer(stored.counts, dtype="<i4").astype(np.int32)
    return with_words(model, WordCounts(stored.texts, stored.usual_length, columns, counts))


def in_epoch_of(connection: Connection, model: Model, version: str) -> Model:
    """The model by the epoch that this version of a model names; as it is where it names none."""
    for part in version.split("+"):
        epoch = epoch_named(connection, part.partition(":")[2])
        if epoch is not None:
            return in_epoch(connection, model, epoch)
    return model


def _size(listings: int) -> int:
    """How often 128 was doubled."""
    return (listings // FIRST_SIZE).bit_length()
