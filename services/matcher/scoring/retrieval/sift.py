"""A block of needs against tiles of capabilities: one matrix product each, then one look (stage 4).

Capabilities are sorted by area and sector, so that whole runs of a tile are passed over at once
where they share no place with a need or are of its sector.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled
from services.matcher.scoring.market.sides import Apart, Side, kept_apart, refused
from services.matcher.scoring.market.tables import EXEMPT, MEMBER, SECTOR
from services.matcher.scoring.retrieval.best import Best, take
from services.matcher.scoring.text.stems import COLUMNS

Reals = NDArray[np.float32]
Numbers = NDArray[np.int32]
Posted = tuple[NDArray[np.int64], Numbers, Reals]


class Asked(NamedTuple):
    """Both tables, the `rows` of the needs of a block, who must not meet them, and the weights of
    the lesser of both sides.
    """

    needs: Side
    offers: Side
    rows: NDArray[np.intp]
    apart: Apart
    lesser: Reals


class Words(NamedTuple):
    """Words of the needs of a block: a sparse matrix whose columns are numbered within it."""

    ends: NDArray[np.int64]
    numbers: Numbers
    values: Reals


class Tile(NamedTuple):
    """Some capabilities: their `rows`, the runs of one sector among them, and what each can add
    at most through the lesser of both sides, (n_rows, n_lesser).
    """

    rows: Numbers
    run_ends: NDArray[np.int64]
    run_sectors: NDArray[np.int64]
    most: Reals


@compiled
def block_words(
    needs: Side, rows: NDArray[np.intp], weight: float
) -> tuple[NDArray[np.int64], Numbers, Reals, Numbers, int]:
    """Ends, numbers and weighted values of the needs' words; the number of each stem or -1."""
    number_of = np.full(COLUMNS, -1, dtype=np.int32)
    ends = np.zeros(len(rows) + 1, dtype=np.int64)
    for place in range(len(rows)):
        ends[place + 1] = ends[place] + needs.ends[rows[place] + 1] - needs.ends[rows[place]]
    words = np.empty(ends[-1], dtype=np.int32)
    values = np.empty(ends[-1], dtype=np.float32)
    used, at = 0, 0
    for row in rows:
        for entry in range(needs.ends[row], needs.ends[row + 1]):
            column = needs.columns[entry]
            if number_of[column] < 0:
                number_of[column] = used
                used += 1
            words[at] = number_of[column]
            values[at] = weight * needs.values[entry]
            at += 1
    return ends, words, values, number_of, used


@compiled
def tile_words(
    offers: Side, rows: Numbers, number_of: Numbers, n_words: int
) -> tuple[NDArray[np.int64], Numbers, Reals]:
    """Which places of the tile have each word of the block, and how much it says there."""
    starts = np.zeros(n_words + 1, dtype=np.int64)
    for row in rows:
        for entry in range(offers.ends[row], offers.ends[row + 1]):
            word = number_of[offers.columns[entry]]
            if word >= 0:
                starts[word + 1] += 1
    for word in range(n_words):
        starts[word + 1] += starts[word]
    places = np.empty(starts[-1], dtype=np.int32)
    values = np.empty(starts[-1], dtype=np.float32)
    free = starts[:-1].copy()
    for place in range(len(rows)):
        for entry in range(offers.ends[rows[place]], offers.ends[rows[place] + 1]):
            word = number_of[offers.columns[entry]]
            if word >= 0:
                places[free[word]] = place
                values[free[word]] = offers.values[entry]
                free[word] += 1
    return starts, places, values


@compiled
def _add_words(odds: Reals, words: Words, place: int, posted: Posted) -> None:
    starts, places, values = posted
    numbers, weights = words.numbers, words.values
    for entry in range(words.ends[place], words.ends[place + 1]):
        word, weight = numbers[entry], weights[entry]
        for at in range(starts[word], starts[word + 1]):
            odds[places[at]] += weight * values[at]


@compiled
def _lesser_gap(own: Reals, offered: Reals, lesser: Reals, most: Reals) -> float:
    """How much less than the most the lesser of both sides adds; never above 0."""
    gap = 0.0
    count = len(lesser)
    at, offer_at = len(own) - count, len(offered) - count
    for feature in range(count):
        less = min(own[at + feature], offered[offer_at + feature])
        gap += lesser[feature] * less - most[feature]
    return gap


@compiled
def _weigh(
    odds: Reals, span: tuple[int, int], place: int, tile: Tile, asked: Asked, best: Best
) -> None:
    """Take what reaches the threshold of a need from a run of the tile."""
    need, rows, most, lesser = asked.rows[place], tile.rows, tile.most, asked.lesser
    rules, offered = asked.needs.rules, asked.offers.rules
    readings, own = asked.offers.readings, asked.needs.readings[need]
    least, reached = best.least, best.least[place]
    for at in range(span[0], span[1]):
        if odds[at] >= reached:
            row = rows[at]
            value = odds[at] + _lesser_gap(own, readings[row], lesser, most[at])
            if (
                value >= reached
                and not refused(rules, need, offered, row)
                and not kept_apart(asked.apart, place, offered[row, MEMBER], row)
            ):
                take(best, place, row, value)
                reached = least[place]


@compiled
def sift(odds: Reals, words: Words, tile: Tile, posted: Posted, asked: Asked, best: Best) -> None:
    """Take from a tile's log-odds, shape (n_needs, n_rows), what may be among the best."""
    for place in range(len(asked.rows)):
        if best.crowded[place]:
            continue
        need = asked.rows[place]
        _add_words(odds[place], words, place, posted)
        start = 0
        for run in range(len(tile.run_ends)):
            end = tile.run_ends[run]
            same = tile.run_sectors[run] == asked.needs.rules[need, SECTOR]
            if not same or asked.needs.rules[need, EXEMPT] != 0:
                _weigh(odds[place], (start, end), place, tile, asked, best)
            start = end
