"""Which districts border each other, worked out from postcode points.

Every square of a half-kilometre grid belongs to the district of the nearest postcode within five
kilometres; two districts are neighbours where their squares meet. Points say nothing of water, nor
of moors without a single postcode, so `facts/neighbours.csv` corrects what they get wrong.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scripts.reference.postcodes import Postcodes

_SQUARE_M = 500.0
_REACH_M = 5_000.0
_POINT_M = 50
# An odd offset, so that no grid square lies equally far from two points.
_OFFSET_M = (3.7, 11.3)
Pair = tuple[str, str]


def from_points(postcodes: Postcodes) -> set[Pair]:
    """Pairs of district codes, the smaller first."""
    found: set[Pair] = set()
    known = np.isfinite(postcodes.easting) & np.isfinite(postcodes.northing)
    for chosen in (known & ~postcodes.irish, known & postcodes.irish):
        points, owners = _distinct_points(
            postcodes.easting[chosen], postcodes.northing[chosen], postcodes.district[chosen]
        )
        for low, high in _meeting_pairs(_paint(points, owners)):
            found.add((postcodes.codes[low], postcodes.codes[high]))
    return found


def corrected(pairs: set[Pair], facts: Iterable[dict[str, str]]) -> list[Pair]:
    """The pairs after the reviewed facts; refuses a fact that changes nothing, as out of date."""
    result = set(pairs)
    for fact in facts:
        pair = (min(fact["code_a"], fact["code_b"]), max(fact["code_a"], fact["code_b"]))
        borders = fact["border"] == "yes"
        if (pair in result) == borders:
            raise SystemExit(
                f"facts/neighbours.csv: {pair[0]} and {pair[1]} already come out as "
                f"border={fact['border']!r}; remove the line."
            )
        if borders:
            result.add(pair)
        else:
            result.remove(pair)
    return sorted(result)


def _distinct_points(
    easting: NDArray[np.float64], northing: NDArray[np.float64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One point per 50 m square, owned by the district with most postcodes in it."""
    rows = np.stack([easting // _POINT_M, northing // _POINT_M, owner], axis=1).astype(np.int64)
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    order = np.lexsort((unique[:, 2], -counts, unique[:, 1], unique[:, 0]))
    ranked = unique[order]
    first = np.ones(len(ranked), dtype=bool)
    first[1:] = np.any(ranked[1:, :2] != ranked[:-1, :2], axis=1)
    chosen = ranked[first]
    centres = ((chosen[:, :2] + 0.5) * _POINT_M).astype(np.float64)
    return centres, chosen[:, 2]


def _paint(points: NDArray[np.float64], owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Owner per grid square, of shape (columns, rows); -1 where no postcode is within reach."""
    low, high = points.min(axis=0) - _REACH_M, points.max(axis=0) + _REACH_M
    columns = np.arange(low[0] + _OFFSET_M[0], high[0], _SQUARE_M)
    rows = np.arange(low[1] + _OFFSET_M[1], high[1], _SQUARE_M)
    x, y = np.meshgrid(columns, rows, indexing="ij")
    squares = np.stack([x.ravel(), y.ravel()], axis=1)
    distance, nearest = cKDTree(points).query(squares, distance_upper_bound=_REACH_M)
    painted = np.full(len(squares), -1, dtype=np.int64)
    reached = np.isfinite(distance)
    painted[reached] = owners[nearest[reached]]
    return painted.reshape(x.shape)


def _meeting_pairs(painted: NDArray[np.int64]) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for one, other in ((painted[:-1], painted[1:]), (painted[:, :-1], painted[:, 1:])):
        meets = (one != other) & (one >= 0) & (other >= 0)
        low, high = np.minimum(one[meets], other[meets]), np.maximum(one[meets], other[meets])
        distinct = np.unique(np.stack([low, high], axis=1), axis=0)
        pairs.update((int(a), int(b)) for a, b in distinct)
    return pairs
