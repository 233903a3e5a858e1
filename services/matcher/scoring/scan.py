"""One listing against a whole table, without a matrix product (stage 4).

What its rules allow is a small share of the table; only that share's rows are read at all.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.best import Best, take
from services.matcher.scoring.compiled import compiled, compiled_roughly
from services.matcher.scoring.pairs import words_shared
from services.matcher.scoring.sides import Apart, Side, kept_apart, refused

Reals = NDArray[np.float32]


class Probe(NamedTuple):
    """The one listing that is asked for.

    `columns` is its dense row times the weights, of which `spans` (n, 2) are not 0; `near` the
    cosine of its places by area; `words` the cosine of words by row, up to row `built`; `own` the
    log-odds that it brings by itself; `others` weights and neutral values (2, n) of what the other
    side brings by itself, by reading; `weights` those of words and place.
    """

    row: int
    columns: Reals
    offsets: Reals
    spans: NDArray[np.int64]
    near: Reals
    words: Reals
    built: int
    own: float
    others: Reals
    weights: tuple[float, float]
    lesser: Reals


@compiled_roughly
def _product(columns: Reals, spans: NDArray[np.int64], dense: Reals) -> float:
    total: Any = np.float32(0.0)
    for span in range(len(spans)):
        for column in range(spans[span, 0], spans[span, 1]):
            total += columns[column] * dense[column]
    return total  # type: ignore[no-any-return]


@compiled
def _odds(probe: Probe, own: Side, others: Side, row: int) -> float:
    words_weight, place_weight = probe.weights
    odds = probe.own + place_weight * probe.near[others.area[row]]
    for reading in range(probe.others.shape[1]):
        away = others.readings[row, reading] - probe.others[1, reading]
        if away == away:  # noqa: PLR0124 - NaN is not: unknown
            odds += probe.others[0, reading] * away
    if row < probe.built:
        odds += words_weight * probe.words[row]
    else:
        odds += words_weight * words_shared(own, probe.row, others, row)
    for feature in range(len(probe.offsets)):
        if others.present[row, feature]:
            odds += probe.offsets[feature]
    at, other_at = own.readings.shape[1] - 1, others.readings.shape[1] - 1
    for back in range(len(probe.lesser)):
        less = min(own.readings[probe.row, at - back], others.readings[row, other_at - back])
        odds += probe.lesser[len(probe.lesser) - 1 - back] * less
    odds += _product(probe.columns, probe.spans, others.dense[row])
    return odds  # type: ignore[no-any-return]


@compiled
def _meet(probe: Probe, own: Side, others: Side, row: int) -> bool:
    return bool(own.anywhere[probe.row] or others.anywhere[row] or probe.near[others.area[row]] > 0)


@compiled
def offers_for(probe: Probe, needs: Side, offers: Side, apart: Apart, best: Best) -> None:
    """The best capabilities of the need that is asked for."""
    need = probe.row
    sector, exempt = needs.sector[need], needs.exempt[need]
    for row in range(len(offers.sound)):
        if not offers.sound[row] or not (exempt or offers.sector[row] != sector):
            continue
        if not _meet(probe, needs, offers, row):
            continue
        odds = _odds(probe, needs, offers, row)
        if (
            odds >= best.least[0]
            and not refused(needs, need, offers, row)
            and not kept_apart(apart, 0, offers.member[row], row)
        ):
            take(best, 0, row, odds)


@compiled
def needs_for(
    probe: Probe, needs: Side, offers: Side, apart: Apart, least: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Rows of the needs that score `least` (by row of the need) or more with the capability."""
    offer = probe.row
    sector = offers.sector[offer]
    found = np.empty(len(needs.sound), dtype=np.intp)
    count = 0
    for row in range(len(needs.sound)):
        if not needs.sound[row] or not (needs.exempt[row] or needs.sector[row] != sector):
            continue
        if not _meet(probe, offers, needs, row):
            continue
        if (
            _odds(probe, offers, needs, row) >= least[row]
            and not refused(needs, row, offers, offer)
            and not kept_apart(apart, 0, needs.member[row], row)
        ):
            found[count] = row
            count += 1
    return found[:count].copy()


@compiled
def all_offers_for(
    probe: Probe, needs: Side, offers: Side, apart: Apart
) -> tuple[NDArray[np.int32], Reals]:
    """Every allowed capability of the need with its log-odds, where `Best` had no room."""
    rows = np.empty(len(offers.sound), dtype=np.int32)
    odds = np.empty(len(offers.sound), dtype=np.float32)
    count = 0
    for row in range(len(offers.sound)):
        if (
            offers.sound[row]
            and _meet(probe, needs, offers, row)
            and not refused(needs, probe.row, offers, row)
            and not kept_apart(apart, 0, offers.member[row], row)
        ):
            rows[count] = row
            odds[count] = _odds(probe, needs, offers, row)
            count += 1
    return rows[:count].copy(), odds[:count].copy()
