"""Arrays that rows are appended to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_ROOM = 16


class Growing:
    """An array that is appended to. Room grows by a quarter, so n appends copy at most 5n rows;
    room not used yet takes up addresses, not memory.
    """

    def __init__(self, shape: tuple[int, ...], kind: type) -> None:
        self._room: NDArray[Any] = np.zeros((LEAST_ROOM, *shape), dtype=kind)
        self.filled: NDArray[Any] = self._room[:0]
        """What was appended so far."""

    def __len__(self) -> int:
        return len(self.filled)

    def append(self, rows: NDArray[Any]) -> None:
        used, needed = len(self.filled), len(self.filled) + len(rows)
        if needed > len(self._room):
            size = (max(needed, len(self._room) * 5 // 4), *self._room.shape[1:])
            larger = np.zeros(size, dtype=self._room.dtype)
            larger[:used] = self.filled
            self._room = larger
        self._room[used:needed] = rows
        self.filled = self._room[:needed]
