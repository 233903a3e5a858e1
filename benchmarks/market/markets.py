"""Synthetic two-sided markets with crowding, as in the papers on reciprocal recommendation.

Both sides' chances of a yes are known to every method: what is compared is who is proposed to whom,
not who predicts best. `crowding` mixes what everybody finds attractive with what suits one alone
(0: tastes only, 1: everybody wants the same ones).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Lists = list[list[int]]
"""By need: the capabilities proposed to it."""

PER_NEED = 3
PLACES = 20
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Market:
    """Shape (n_needs, n_capabilities) unless said otherwise.

    Parameters
    ----------
    needs_say_yes, capabilities_say_yes : probabilities of either side.
    capacity : shape (n_capabilities,), matches that each can bear; a need wants one.
    place : shape (n_needs,), numbers of places.

    """

    needs_say_yes: Floats
    capabilities_say_yes: Floats
    capacity: NDArray[np.int64]
    place: NDArray[np.int64]

    @property
    def agreed(self) -> Floats:
        """Probability that both say yes."""
        return np.round(self.needs_say_yes * self.capabilities_say_yes, DECIMALS)

    @property
    def size(self) -> int:
        return len(self.needs_say_yes)


def market(size: int, crowding: float, seed: int) -> Market:
    """As many capabilities as needs; each can bear one to three matches."""
    draw = np.random.default_rng(seed)

    def chances() -> Floats:
        wanted = draw.normal(size=(1, size))
        taste = draw.normal(size=(size, size))
        pull = 2.0 * (crowding * wanted + (1 - crowding) * taste)
        return np.asarray(1 / (1 + np.exp(-pull)), dtype=np.float64)

    return Market(
        needs_say_yes=chances(),
        capabilities_say_yes=chances().T,
        capacity=draw.integers(1, 4, size=size),
        place=draw.integers(0, PLACES, size=size),
    )
