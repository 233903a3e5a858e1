"""Features that are no cosine: one number of a listing, or the lesser of both sides' (stage 3).

Each side's table keeps its own numbers as `readings`, columns in the order of NEED_READINGS and
CAPABILITY_READINGS; the lesser of both comes last on either side.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.scorer import FEATURES
from services.matcher.scoring.market.rules import CONFIRMED_DAYS, NEVER_CONFIRMED
from services.matcher.scoring.market.tables import Facts

Floats = NDArray[np.float64]
Readings = NDArray[np.float32]
Reading = Callable[[Facts, int], Floats]
"""Facts of n listings and the day's ordinal → n numbers."""


def freshness(facts: Facts, day: int) -> Floats:
    """1 on the day of confirmation, 0 after nine months, 1 where it is not tracked."""
    age = np.clip(day - facts.confirmed_day, 0, CONFIRMED_DAYS) / CONFIRMED_DAYS
    return np.where(facts.confirmed_day == NEVER_CONFIRMED, 1.0, 1.0 - age)


def load(facts: Facts, day: int) -> Floats:  # noqa: ARG001
    """How busy the member is, growing ever more slowly."""
    return np.asarray(np.log1p(np.maximum(facts.load, 0)), dtype=np.float64)


def priority(facts: Facts, day: int) -> Floats:  # noqa: ARG001
    """That of the need's places, NaN where no figures speak of them."""
    return facts.priority


OF_NEED: dict[str, Reading] = {"priority": priority}
OF_CAPABILITY: dict[str, Reading] = {"load": load}
LESSER: dict[str, Reading] = {"freshness": freshness}
"""Of both sides; a number in [0, 1], never NaN. In the other two NaN means unknown."""

NEED_READINGS = (*OF_NEED, *LESSER)
CAPABILITY_READINGS = (*OF_CAPABILITY, *LESSER)


def need_readings(facts: Facts, day: int) -> Floats:
    """Shape (n_needs, n_readings)."""
    return _read((*OF_NEED.values(), *LESSER.values()), facts, day)


def capability_readings(facts: Facts, day: int) -> Floats:
    return _read((*OF_CAPABILITY.values(), *LESSER.values()), facts, day)


def _read(readings: tuple[Reading, ...], facts: Facts, day: int) -> Floats:
    made = np.zeros((len(facts.member), len(readings)))
    for column, read in enumerate(readings):
        made[:, column] = read(facts, day)
    return made


def fill(made: Floats, needs: Readings, capabilities: Readings) -> None:
    """Write these features of n pairs into their columns of `made`, shape (n, n_features)."""
    for column, name in enumerate(OF_NEED):
        made[:, FEATURES.index(name)] = needs[:, column]
    for column, name in enumerate(OF_CAPABILITY):
        made[:, FEATURES.index(name)] = capabilities[:, column]
    for back, name in enumerate(reversed(LESSER), 1):
        less = np.minimum(needs[:, -back], capabilities[:, -back])
        made[:, FEATURES.index(name)] = less
