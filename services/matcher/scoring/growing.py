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
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def filled(self) -> NDArray[Any]:
        return self._room[: self._used]

    def append(self, rows: NDArray[Any]) -> None:
        needed = self._used + len(rows)
        if needed > len(self._room):
            size = (max(needed, len(self._room) * 5 // 4), *self._room.shape[1:])
            larger = np.zeros(size, dtype=self._room.dtype)
            larger[: self._used] = self.filled
            self._room = larger
        self._room[self._used : needed] = rows
        self._used = needed
