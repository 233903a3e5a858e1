"""A block of needs against tiles of capabilities: one matrix product each, then one look (stage 4).

Capabilities are sorted by area and sector, so that whole runs of a tile are passed over at once
where they share no place with a need or are of its sector.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.best import Best, take
from services.matcher.scoring.compiled import compiled
from services.matcher.scoring.sides import Apart, Side, kept_apart, refused
from services.matcher.scoring.stems import COLUMNS

Reals = NDArray[np.float32]
Numbers = NDArray[np.int32]
Posted = tuple[NDArray[np.int64], Numbers, Reals]


class Groups(NamedTuple):
    """Capabilities that share area and sector: from `starts[g]` to `ends[g]` of the shelf."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    area: Numbers
    anywhere: NDArray[np.bool_]
    sector: NDArray[np.int64]


class Asked(NamedTuple):
    """Both tables, the `rows` of the needs of a block, who must not meet them, and the weights of
    the lesser of both sides.
    """

    needs: Side
    offers: Side
    rows: NDArray[np.intp]
    apart: Apart
    lesser: Reals


class Block(NamedTuple):
    """Of each need of a block: which row of `near` and `open` (n_kinds, n_groups) is its own; its
    words, as a sparse matrix whose columns are numbered within the block.
    """

    kind: Numbers
    near: Reals
    open: NDArray[np.bool_]
    ends: NDArray[np.int64]
    words: Numbers
    values: Reals
    n_words: int


class Tile(NamedTuple):
    """Some capabilities: their `rows`, the runs of one group among them, and what each can add
    at most through the lesser of both sides, (n_rows, n_lesser).
    """

    rows: Numbers
    run_ends: NDArray[np.int64]
    run_group: Numbers
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
def _add_words(odds: Reals, block: Block, place: int, posted: Posted) -> None:
    starts, places, values = posted
    for entry in range(block.ends[place], block.ends[place + 1]):
        word, weight = block.words[entry], block.values[entry]
        for at in range(starts[word], starts[word + 1]):
            odds[places[at]] += weight * values[at]


@compiled
def _lesser_gap(asked: Asked, need: int, row: int, most: Reals) -> float:
    """How much less than the most the lesser of both sides adds; never above 0."""
    gap = 0.0
    count = len(asked.lesser)
    at, offer_at = asked.needs.readings.shape[1] - count, asked.offers.readings.shape[1] - count
    for feature in range(count):
        own = asked.needs.readings[need, at + feature]
        less = min(own, asked.offers.readings[row, offer_at + feature])
        gap += asked.lesser[feature] * less - most[feature]
    return gap


@compiled
def _sift_run(
    odds: Reals, near: float, span: tuple[int, int], place: int, tile: Tile, asked: Asked, best: Best
) -> None:  # fmt: skip
    need = asked.rows[place]
    for at in range(span[0], span[1]):
        if odds[at] + near >= best.least[place]:
            row = tile.rows[at]
            value = odds[at] + near + _lesser_gap(asked, need, row, tile.most[at])
            if (
                value >= best.least[place]
                and not refused(asked.needs, need, asked.offers, row)
                and not kept_apart(asked.apart, place, asked.offers.member[row], row)
            ):
                take(best, place, row, value)


@compiled
def sift(
    odds: Reals, block: Block, tile: Tile, groups: Groups, posted: Posted, asked: Asked, best: Best
) -> None:
    """Take from a tile's log-odds, shape (n_needs, n_rows), what may be among the best."""
    for place in range(len(asked.rows)):
        if best.crowded[place]:
            continue
        need, kind = asked.rows[place], block.kind[place]
        _add_words(odds[place], block, place, posted)
        start = 0
        for run in range(len(tile.run_ends)):
            group, end = tile.run_group[run], tile.run_ends[run]
            same = groups.sector[group] == asked.needs.sector[need]
            if block.open[kind, group] and (asked.needs.exempt[need] or not same):
                near = block.near[kind, group]
                _sift_run(odds[place], near, (start, end), place, tile, asked, best)
            start = end
