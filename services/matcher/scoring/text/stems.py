"""Words of a text as stems, and how much each says in general English (stage 1, always on).

The general weight of a stem comes from a shipped list of English stems by how common they are, so
five needs already work; `weights` counts over a coalition's own texts what is common there.
"""

import re
import threading
import zlib
from functools import lru_cache
from importlib.resources import files

import numpy as np
import snowballstemmer
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

COLUMNS = 1 << 18
"""Stems are hashed to columns; of 20,000 stems in use one in thirteen shares its column."""

UNKNOWN_RANK = 30_000
COMMON_LOG_RANK = 5.0
LEAST_WEIGHT = 0.5
WORD = re.compile(r"[^\W_]{2,40}")
"""Longer runs are no words: they are cut, so that no stem takes long."""

_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    with _stemming:  # it keeps the word in itself while it works: two at once get each other's
        return str(_stemmer.stemWord(word))


def words_of(text: str) -> list[str]:
    """Lower-cased words of two characters or more, stop words included."""
    return WORD.findall(text.lower())


@lru_cache(maxsize=64)
def stemmed(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Its words and the stem of each. The last few are kept: what reads a text reads it twice."""
    words = tuple(words_of(text))
    return words, tuple(stem(word) for word in words)


def stems_of(text: str) -> list[str]:
    words, stems = stemmed(text)
    return [one for word, one in zip(words, stems, strict=True) if word not in ENGLISH_STOP_WORDS]


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
