"""The best so far of each need: a running threshold instead of a sort (stage 4).

What cannot be among the best is turned away by one comparison. Whatever is within MARGIN of the
k-th best is kept, so that the careful pass, which computes it again, decides.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled

MARGIN = 3e-4
"""Above the error of a float32 estimate and the rounding to 4 decimals together."""

ROOM_PER_PLACE, LEAST_ROOM = 4, 64


class Best(NamedTuple):
    """For n needs: estimates and rows kept, how many, and from which log-odds on more are taken.

    `crowded` marks a need with too many equals to be kept, of which none are held any more;
    whoever reads this asks it by itself.
    """

    odds: NDArray[np.float32]
    rows: NDArray[np.int32]
    held: NDArray[np.int32]
    least: NDArray[np.float64]
    crowded: NDArray[np.bool_]
    top: int


def nothing_yet(n: int, top: int, least: NDArray[np.float64]) -> Best:
    room = ROOM_PER_PLACE * top + LEAST_ROOM
    return Best(
        np.empty((n, room), dtype=np.float32),
        np.empty((n, room), dtype=np.int32),
        np.zeros(n, dtype=np.int32),
        least.astype(np.float64),
        np.zeros(n, dtype=np.bool_),
        top,
    )


@compiled
def somewhat_below(odds: float) -> float:
    """The log-odds of a probability that is MARGIN lower."""
    lower = 1.0 / (1.0 + np.exp(-min(max(odds, -40.0), 40.0))) - MARGIN
    return np.log(lower / (1.0 - lower)) if lower > 0.0 else -np.inf


@compiled
def tighten(best: Best, place: int) -> None:
    """Raise the threshold to what the k-th best kept says, and let go of what is below it."""
    count = best.held[place]
    if count <= best.top:
        return
    kth = np.partition(best.odds[place, :count].copy(), count - best.top)[count - best.top]
    least = max(best.least[place], somewhat_below(kth))
    best.least[place] = least
    kept = 0
    for at in range(count):
        if best.odds[place, at] >= least:
            best.odds[place, kept] = best.odds[place, at]
            best.rows[place, kept] = best.rows[place, at]
            kept += 1
    best.held[place] = kept


@compiled
def take(best: Best, place: int, row: int, odds: float) -> None:
    room = best.odds.shape[1]
    at = best.held[place]
    best.odds[place, at] = odds
    best.rows[place, at] = row
    best.held[place] = at + 1
    if at + 1 == room:
        tighten(best, place)
        if best.held[place] > room - room // 8:
            best.crowded[place] = True
            best.least[place] = np.inf


@compiled
def tighten_all(best: Best) -> None:
    for place in range(len(best.held)):
        tighten(best, place)
