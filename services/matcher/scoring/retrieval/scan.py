"""One listing against a whole table, without a matrix product (stage 4).

What its rules allow is a small share of the table; only that share's rows are read at all.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.market.compiled import compiled, compiled_roughly
from services.matcher.scoring.market.sides import Apart, Side, Wholes, kept_apart, refused
from services.matcher.scoring.market.tables import EXEMPT, MEMBER, SECTOR
from services.matcher.scoring.retrieval.best import Best, take
from services.matcher.scoring.retrieval.pairs import words_shared

Reals = NDArray[np.float32]
Numbers = NDArray[np.int32]
Likely = tuple[Numbers, Reals]
"""Rows of a table and their log-odds."""


class Probe(NamedTuple):
    """The one listing that is asked for.

    `columns` is its dense row times the weights; `near` the cosine of its places by area; `words`
    the cosine of words by row, up to row `built`; `own` the log-odds that it brings by itself;
    `others` weights and neutral values (2, n) of what the other side brings by itself, by reading;
    `weights` those of words and place.
    """

    row: int
    columns: Reals
    offsets: Reals
    near: Reals
    words: Reals
    built: int
    own: float
    others: Reals
    weights: tuple[float, float]
    lesser: Reals


@compiled_roughly
def _product(columns: Reals, dense: Reals) -> float:
    total: Any = np.float32(0.0)
    for column in range(len(columns)):
        total += columns[column] * dense[column]
    return total  # type: ignore[no-any-return]


@compiled
def _allowed(probe: Probe, own: Side, others: Side, rows: Numbers, is_need: bool) -> int:
    """Fill in the rows that the rules of place and sector allow; how many there are."""
    sound, area, anywhere, rules = others.sound, others.area, others.anywhere, others.rules
    near, everywhere = probe.near, own.anywhere[probe.row]
    sector, exempt = own.rules[probe.row, SECTOR], own.rules[probe.row, EXEMPT] != 0
    count = 0
    for row in range(len(sound)):
        if sound[row] and (everywhere or anywhere[row] or near[area[row]] > 0):
            welcome = exempt if is_need else rules[row, EXEMPT] != 0
            if welcome or rules[row, SECTOR] != sector:
                rows[count] = row
                count += 1
    return count


@compiled
def _by_itself(probe: Probe, others: Side, rows: Numbers, odds: Reals) -> None:
    """Log-odds without words and without the dense product."""
    area, present, readings = others.area, others.present, others.readings
    near, offsets, place_weight = probe.near, probe.offsets, probe.weights[1]
    weights = probe.others
    for place in range(len(rows)):
        row = rows[place]
        total = probe.own + place_weight * near[area[row]]
        for reading in range(weights.shape[1]):
            away = readings[row, reading] - weights[1, reading]
            if not np.isnan(away):
                total += weights[0, reading] * away
        for feature in range(len(offsets)):
            if present[row, feature]:
                total += offsets[feature]
        odds[place] = total


@compiled
def _with_texts(probe: Probe, own: Side, others: Side, rows: Numbers, odds: Reals) -> None:
    dense, columns, words, weight = others.dense, probe.columns, probe.words, probe.weights[0]
    for place in range(len(rows)):
        row = rows[place]
        shared = words[row] if row < probe.built else words_shared(own, probe.row, others, row)
        odds[place] += weight * shared + _product(columns, dense[row])


@compiled
def _with_lesser(probe: Probe, own: Side, others: Side, rows: Numbers, odds: Reals) -> None:
    """Add what the lesser of both sides counts; its readings are the last of either."""
    lesser, readings, own_readings = probe.lesser, others.readings, own.readings[probe.row]
    at, own_at = readings.shape[1] - len(lesser), len(own_readings) - len(lesser)
    for place in range(len(rows)):
        for feature in range(len(lesser)):
            less = min(own_readings[own_at + feature], readings[rows[place], at + feature])
            odds[place] += lesser[feature] * less


@compiled
def likely(probe: Probe, own: Side, others: Side, is_need: bool) -> Likely:
    """Rows that the rules of place and sector allow, with their log-odds."""
    rows = np.empty(len(others.sound), dtype=np.int32)
    found = rows[: _allowed(probe, own, others, rows, is_need)]
    odds = np.empty(len(found), dtype=np.float32)
    _by_itself(probe, others, found, odds)
    _with_lesser(probe, own, others, found, odds)
    _with_texts(probe, own, others, found, odds)
    return found, odds


@compiled
def choose(
    found: Likely, need: int, rules: tuple[Wholes, Wholes], apart: Apart, best: Best
) -> None:
    """The best capabilities of one need, of those that are likely."""
    rows, odds = found
    needs, offers = rules
    least = best.least
    for place in range(len(rows)):
        row = rows[place]
        if (
            odds[place] >= least[0]
            and not refused(needs, need, offers, row)
            and not kept_apart(apart, 0, offers[row, MEMBER], row)
        ):
            take(best, 0, row, odds[place])


@compiled
def offers_allowed(
    found: Likely, need: int, rules: tuple[Wholes, Wholes], apart: Apart
) -> NDArray[np.bool_]:
    """Which of the likely ones no rule refuses."""
    rows = found[0]
    needs, offers = rules
    allowed = np.empty(len(rows), dtype=np.bool_)
    for place in range(len(rows)):
        row = rows[place]
        allowed[place] = not refused(needs, need, offers, row) and not kept_apart(
            apart, 0, offers[row, MEMBER], row
        )
    return allowed


@compiled
def needs_reached(
    found: Likely,
    offer: int,
    rules: tuple[Wholes, Wholes],
    apart: Apart,
    least: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Rows of needs that score `least` (by row) or more with a capability that they may have."""
    rows, odds = found
    needs, offers = rules
    reached = np.empty(len(rows), dtype=np.intp)
    count = 0
    for place in range(len(rows)):
        row = rows[place]
        if (
            odds[place] >= least[row]
            and not refused(needs, row, offers, offer)
            and not kept_apart(apart, 0, needs[row, MEMBER], row)
        ):
            reached[count] = row
            count += 1
    return reached[:count].copy()
