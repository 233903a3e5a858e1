"""Sentence vectors kept in a file between runs: computing them takes most of a run's time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


class KeptVectors:
    """A `VectorCache` that `save` writes to a file of plain arrays; without a path, in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept: dict[str, bytes] = {}
        if path is not None and path.is_file():
            with np.load(path, allow_pickle=False) as stored:
                rows = stored["vectors"]
                self._kept = {
                    str(key): rows[place].tobytes() for place, key in enumerate(stored["keys"])
                }

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    def put_many(self, vectors: Mapping[str, bytes]) -> None:
        self._kept.update(vectors)

    def save(self) -> None:
        if self._path is not None and self._kept:
            rows = np.array([np.frombuffer(one, dtype="<f4") for one in self._kept.values()])
            np.savez(self._path, keys=np.array(list(self._kept)), vectors=rows)
