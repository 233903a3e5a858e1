"""How much each stem says, counted over a coalition's own texts and then frozen (stage 1).

What is common in a coalition says little there, whatever it says in general English. But weights
that follow every listing would move every score with it. So they are counted once for an epoch
(`WordCounts`), which has a name that enters the model version. Before the first epoch the shipped
ranks of general English stand alone; in an epoch they count as so many texts more, so that a
stem the coalition has not used yet weighs what it weighs in general.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from services.matcher.scoring.text.stems import COLUMNS, column_of, stems_of, weight_of

Floats = NDArray[np.float64]
REFERENCE_VERSION = "stems-1"
COUNTED_VERSION = "stems-2"
REFERENCE_TEXTS = 50.0
"""How many texts of the coalition's own the general ranks are worth."""
PIVOT = 0.7
"""How far a capability's own length, not the usual one, decides what its words are divided by."""
MOST_KEPT = 200_000
ROWS_KEPT = 128
"""Copies of a pair are scored again and again where a change is looked for; nothing else repeats."""
LEAST_COUNTED = 0.1
"""A stem that every text has still says a little, or texts of such stems alone would be wordless."""


@dataclass(frozen=True)
class WordCounts:
    """In how many of so many different texts each column occurs; the order of texts is no matter.

    Attributes
    ----------
    texts : how many different texts were counted.
    usual_length : mean Euclidean length of their weighted rows, before any division.
    columns : int32, sorted, those that occur.
    counts : int32, of the same length.

    """

    texts: int
    usual_length: float
    columns: NDArray[np.int32]
    counts: NDArray[np.int32]

    @cached_property
    def name(self) -> str:
        """Says the number of texts and a hash of all that was counted."""
        digest = hashlib.sha256(np.array([self.texts, self.usual_length], dtype="<f8").tobytes())
        digest.update(self.columns.astype("<i4").tobytes())
        digest.update(self.counts.astype("<i4").tobytes())
        return f"{self.texts}-{digest.hexdigest()[:8]}"


def count_words(texts: Iterable[str]) -> WordCounts:
    """Equal texts count once: a listing copied a thousand times makes no word common."""
    counted = np.zeros(COLUMNS, dtype=np.int32)
    different = set(texts)
    for text in different:
        counted[_columns_of(text)] += 1
    columns = np.flatnonzero(counted).astype(np.int32)
    counts = WordCounts(len(different), 0.0, columns, counted[columns])
    weights = StemWeights(counts)
    # fsum is exact whatever the order, so the name is too.
    total = math.fsum(_length(weights.weighted(text)[1]) for text in different)
    return replace(counts, usual_length=total / max(1, len(different)))


class StemWeights:
    """What each stem weighs, and texts as sparse rows by it.

    Parameters
    ----------
    counts : what was counted; None weighs by general English alone.

    """

    def __init__(self, counts: WordCounts | None = None) -> None:
        self.counts = counts
        self.version = f"{COUNTED_VERSION}:{counts.name}" if counts else REFERENCE_VERSION
        self._have: Floats = np.zeros(0)
        self._all = 0.0
        self._met: dict[str, tuple[int, float]] = {}
        self._rows: dict[tuple[str, bool], tuple[NDArray[np.int32], Floats]] = {}
        if counts is not None:
            self._have = np.zeros(COLUMNS)
            self._have[counts.columns] = counts.counts
            self._all = counts.texts + REFERENCE_TEXTS + 1

    def of(self, stemmed: str) -> float:
        """The logarithm of how few texts have it, at least 0.1 (0.5 before the first epoch).

        Of the texts that stand for general English the share exp(-`weight_of`) has it.
        """
        general = weight_of(stemmed)
        if self.counts is None:
            return general
        have = float(self._have[column_of(stemmed)]) + REFERENCE_TEXTS * math.exp(-general)
        return max(LEAST_COUNTED, math.log(self._all / (have + 1)))

    def row(self, text: str, *, offered: bool = False) -> tuple[NDArray[np.int32], Floats]:
        """Sorted columns and values of one text; a wordless text has none.

        A need's values have length 1 together, and so have a capability's (`offered`) before the
        first epoch. In an epoch a capability's are divided by something between its own length
        and the usual one: a text of three words that shares one of them says less than the cosine
        thinks, a long text that shares many says more (pivoted normalisation).
        """
        key = (text, offered)
        row = self._rows.get(key)  # once: another thread may clear them in between
        if row is None:
            if len(self._rows) >= ROWS_KEPT:
                self._rows.clear()
            row = self._rows[key] = self._row(text, offered=offered)
        return row

    def _row(self, text: str, *, offered: bool) -> tuple[NDArray[np.int32], Floats]:
        columns, values = self.weighted(text)
        length = _length(values)
        if offered and self.counts is not None:
            length = PIVOT * length + (1 - PIVOT) * self.counts.usual_length
        return columns, values / length if len(values) else values

    def weighted(self, text: str) -> tuple[NDArray[np.int32], Floats]:
        """Sorted columns and their weights times 1 + log of how often they occur."""
        weights: dict[int, float] = {}
        for stemmed, count in Counter(stems_of(text)).items():
            column, weight = self._met.get(stemmed) or self._meet(stemmed)
            if count > 1:
                weight *= 1 + math.log(count)
            weights[column] = weights.get(column, 0.0) + weight
        columns = np.array(list(weights), dtype=np.int32)
        values = np.array(list(weights.values()), dtype=np.float64)
        order = np.argsort(columns)
        return columns[order], values[order]

    def _meet(self, stemmed: str) -> tuple[int, float]:
        """Kept, because a coalition uses few words and uses them often."""
        if len(self._met) >= MOST_KEPT:
            self._met.clear()
        found = self._met[stemmed] = (column_of(stemmed), self.of(stemmed))
        return found


class StemFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """TF-IDF on Snowball stems; rows of length 1, or 0 for a wordless text.

    Without `fit` the words weigh what they weigh in general English; `fit` counts over its texts.
    """

    def __init__(self) -> None:
        self.weights_ = StemWeights()

    def fit(self, texts: Iterable[str], y: object = None) -> "StemFeatures":  # noqa: ARG002
        self.weights_ = StemWeights(count_words(texts))
        return self

    def transform(self, texts: Iterable[str]) -> sp.csr_matrix:
        """Rows of shape (n_texts, COLUMNS), float64, column indices sorted."""
        rows = [self.weights_.row(text) for text in texts]
        indptr = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        indices = np.concatenate([columns for columns, _ in rows] or [np.zeros(0, np.int32)])
        data = np.concatenate([values for _, values in rows] or [np.zeros(0)])
        return sp.csr_matrix((data, indices, indptr), shape=(len(rows), COLUMNS))

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _length(values: Floats) -> float:
    return float(np.sqrt((values * values).sum()))


def _columns_of(text: str) -> list[int]:
    return sorted({column_of(stemmed) for stemmed in stems_of(text)})
