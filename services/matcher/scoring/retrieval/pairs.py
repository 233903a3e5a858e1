"""The careful pass: features of single pairs, each sum in one fixed order (stage 4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.scorer import COSINES, FEATURES
from services.matcher.scoring.market.areas import Bits, fit
from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.scalars import fill
from services.matcher.scoring.market.sides import Side, side_of
from services.matcher.scoring.market.tables import Row, Table

Features = NDArray[np.float64]


class Parts(NamedTuple):
    """Where the parts of a dense row begin and end, and which feature each is."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    features: NDArray[np.int64]
    words: int
    place: int


def parts_of(parts: dict[str, slice]) -> Parts:
    return Parts(
        np.array([part.start for part in parts.values()], dtype=np.int64),
        np.array([part.stop for part in parts.values()], dtype=np.int64),
        np.array([COSINES.index(name) for name in parts], dtype=np.int64),
        COSINES.index("words"),
        COSINES.index("place"),
    )


def features_of(tables: tuple[Table, Table], need_rows: Row, rows: Row, parts: Parts) -> Features:
    """Shape (n_pairs, n_features), float64, unknown as NaN; pair i is `need_rows[i]` with
    `rows[i]`, and its features do not depend on what else is asked.
    """
    needs, capabilities = tables
    made = np.full((len(rows), len(FEATURES)), np.nan)
    both = side_of(needs), side_of(capabilities)
    _cosines(both, need_rows, rows, parts, needs.areas.bits, made)
    fill(made, needs.readings[need_rows], capabilities.readings[rows])
    return made


@compiled
def _cosines(
    both: tuple[Side, Side], need_rows: Row, rows: Row, parts: Parts, bits: Bits, made: Features
) -> None:
    needs, offers = both
    for pair in range(len(rows)):
        need, row = need_rows[pair], rows[pair]
        for part in range(len(parts.features)):
            feature = parts.features[part]
            if needs.present[need, feature] and offers.present[row, feature]:
                total = 0.0
                for column in range(parts.starts[part], parts.ends[part]):
                    total += np.float64(needs.dense[need, column]) * offers.dense[row, column]
                made[pair, feature] = total
        if needs.present[need, parts.words] and offers.present[row, parts.words]:
            made[pair, parts.words] = words_shared(needs, need, offers, row)
        if needs.present[need, parts.place] and offers.present[row, parts.place]:
            made[pair, parts.place] = fit(bits, needs.area[need], offers.area[row])


@compiled
def words_shared(one: Side, row: int, other: Side, other_row: int) -> float:
    """The product of two sparse rows, whose columns are sorted, in the order of the columns."""
    total = 0.0
    at, end = one.ends[row], one.ends[row + 1]
    beside, other_end = other.ends[other_row], other.ends[other_row + 1]
    while at < end and beside < other_end:
        if one.columns[at] < other.columns[beside]:
            at += 1
        elif one.columns[at] > other.columns[beside]:
            beside += 1
        else:
            total += np.float64(one.values[at]) * np.float64(other.values[beside])
            at += 1
            beside += 1
    return total
