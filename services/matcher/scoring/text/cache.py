"""Where sentence vectors are kept between runs, keyed by the text's hash (stage 1).

Computing a vector is the slow part of the first import (about 100 texts a second), so the worker
passes a cache in its own database; here are the port and the two that need no database.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class VectorCache(Protocol):
    """Keeps vectors by key; may forget, must never return another key's vector.

    A key names the text and the encoder, so entries of an older encoder are simply not found.
    A value is a float32 little-endian array as bytes.
    """

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]: ...

    def put_many(self, vectors: Mapping[str, bytes]) -> None: ...


class NoCache:
    """Remembers nothing."""

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def put_many(self, vectors: Mapping[str, bytes]) -> None:
        pass


class MemoryCache:
    """Remembers for as long as the process lives."""

    def __init__(self) -> None:
        self._vectors: dict[str, bytes] = {}

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: self._vectors[key] for key in keys if key in self._vectors}

    def put_many(self, vectors: Mapping[str, bytes]) -> None:
        self._vectors.update(vectors)
