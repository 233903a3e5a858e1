"""Words of a text as stems, and how much each stem says (stage 1, always on).

The weight of a stem is frozen: it comes from a shipped list of English stems by how common they
are, not from the coalition's own texts. So a score never moves because another listing arrived,
and the same log gives the same proposals in whatever order it is read.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import numpy as np
import scipy.sparse as sp
import snowballstemmer
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

COLUMNS = 1 << 18
"""Stems are hashed to columns; of 20,000 stems in use one in thirteen shares its column."""

UNKNOWN_RANK = 30_000
COMMON_LOG_RANK = 5.0
LEAST_WEIGHT = 0.5
WORD = re.compile(r"[^\W_]{2,40}")
"""Longer runs are no words: they are cut, so that no stem takes long."""

_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    return str(_stemmer.stemWord(word))


def words_of(text: str) -> list[str]:
    """Lower-cased words of two characters or more, stop words included."""
    return WORD.findall(text.lower())


def stems_of(text: str) -> list[str]:
    return [stem(word) for word in words_of(text) if word not in ENGLISH_STOP_WORDS]


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    lines = (files(__package__) / "data" / "stem_order.txt").read_text("utf-8").splitlines()
    entries = (line for line in lines if not line.startswith("#"))
    return {stemmed: rank for rank, stemmed in enumerate(entries) if stemmed}


@lru_cache(maxsize=100_000)
def weight_of(stemmed: str) -> float:
    """How much a stem says: the logarithm of its rank in general English, never below 0.5."""
    rank = _ranks().get(stemmed, UNKNOWN_RANK)
    return max(LEAST_WEIGHT, float(np.log(rank + 1)) - COMMON_LOG_RANK)


@lru_cache(maxsize=100_000)
def column_of(stemmed: str) -> int:
    return zlib.crc32(stemmed.encode()) % COLUMNS


class StemFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """TF-IDF on Snowball stems with frozen weights; rows of length 1, or 0 for a wordless text.

    Nothing is fitted: `fit` exists because pipelines call it.
    """

    def fit(self, texts: Iterable[str], y: object = None) -> "StemFeatures":  # noqa: ARG002
        return self

    def transform(self, texts: Iterable[str]) -> sp.csr_matrix:
        """Rows of shape (n_texts, COLUMNS), float64, column indices sorted."""
        rows = [stem_vector(text) for text in texts]
        indptr = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        indices = np.concatenate([columns for columns, _ in rows] or [np.zeros(0, np.int32)])
        data = np.concatenate([values for _, values in rows] or [np.zeros(0)])
        return sp.csr_matrix((data, indices, indptr), shape=(len(rows), COLUMNS))

    def __sklearn_is_fitted__(self) -> bool:
        return True


def stem_vector(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Sorted columns (int32) and values (float64, of length 1 together) of one text."""
    weights: dict[int, float] = {}
    for stemmed, count in sorted(Counter(stems_of(text)).items()):
        column = column_of(stemmed)
        weights[column] = weights.get(column, 0.0) + (1 + np.log(count)) * weight_of(stemmed)
    columns = np.array(sorted(weights), dtype=np.int32)
    values = np.array([weights[column] for column in sorted(weights)], dtype=np.float64)
    length = float(np.sqrt((values * values).sum()))
    return columns, values / length if length else values
