"""Where listings are: sets of districts as bits, each set kept once (stages 1 and 2).

Thousands of listings share a few hundred sets, so whether two listings meet anywhere, and how well
their places fit, is asked of pairs of sets instead of pairs of listings.
"""

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.growing import Growing

Bits = NDArray[np.uint64]
Numbers = NDArray[np.int32]


class Areas:
    """Every set of districts in use, by number; number 0 is the empty set."""

    def __init__(self, n_districts: int) -> None:
        self._words = max(1, -(-n_districts // 64))
        self._number_of: dict[bytes, int] = {}
        self._bits = Growing((self._words,), np.uint64)
        self._first = Growing((), np.int32)
        self.number(np.zeros(n_districts, dtype=np.float32))

    def __len__(self) -> int:
        return len(self._number_of)

    def number(self, districts: NDArray[np.float32]) -> int:
        """The number of the set of the districts above 0, shape (n_districts,)."""
        inside = districts > 0
        packed = np.zeros(self._words * 8, dtype=np.uint8)
        told = np.packbits(inside, bitorder="little")
        packed[: len(told)] = told
        key = packed.tobytes()
        if key not in self._number_of:
            self._number_of[key] = len(self._number_of)
            self._bits.append(packed.view(np.uint64)[None])
            self._first.append(np.array([inside.argmax()], np.int32))
        return self._number_of[key]

    @property
    def bits(self) -> Bits:
        """Shape (n_areas, n_words)."""
        return np.asarray(self._bits.filled)

    @property
    def first(self) -> Numbers:
        """The first district of each, by which areas that overlap come to lie together."""
        return np.asarray(self._first.filled)


@compiled
def ones(word: np.uint64) -> int:
    """How many bits are set; this way of writing it becomes one instruction."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def fit(bits: Bits, one: int, other: int) -> float:
    """Cosine of two sets: districts shared over the root of the product of their sizes."""
    shared, first, second = 0, 0, 0
    for word in range(bits.shape[1]):
        shared += ones(bits[one, word] & bits[other, word])
        first += ones(bits[one, word])
        second += ones(bits[other, word])
    if shared == 0:
        return 0.0
    return float(shared / np.sqrt(np.float64(first) * np.float64(second)))


@compiled
def fits(bits: Bits, some: Numbers, others: Numbers) -> NDArray[np.float32]:
    """Cosines of all pairs, shape (n_some, n_others)."""
    found = np.empty((len(some), len(others)), dtype=np.float32)
    for row in range(len(some)):
        for column in range(len(others)):
            found[row, column] = fit(bits, some[row], others[column])
    return found
