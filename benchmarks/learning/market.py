"""Needs with candidates, as features: what a coordinator would be shown, without any text.

Drawn so that moments resemble those of labelled partnerships: most candidates are about something
else, some share the theme, few fit; what members left out is unknown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.priors import FEATURES

Floats = NDArray[np.float64]

CANDIDATES = 40
KINDS = (0.70, 0.20, 0.10)
"""Shares of candidates about something else, of the same theme, and that fit."""
MEANING = ((0.13, 0.09), (0.38, 0.10), (0.52, 0.10))
"""Mean and standard deviation by kind."""
WORDS = ((0.02, 0.02), (0.07, 0.04), (0.14, 0.06))
SHARED = {
    "goals": (0.15, 0.65, 0.85),
    "beneficiaries": (0.25, 0.60, 0.80),
    "help": (0.45, 0.5, 0.7),
}
"""How often a field is shared at all, by kind."""
UNKNOWN = {"goals": 0.2, "beneficiaries": 0.3, "help": 0.2, "place": 0.05}
PLACES = np.array([0.05, 0.12, 0.3, 0.6, 1.0])
PLACE_SHARES = (0.35, 0.2, 0.2, 0.15, 0.1)


@dataclass(frozen=True, slots=True)
class Candidates:
    """`features`: shape (n_needs, CANDIDATES, n_features), NaN where unknown."""

    features: Floats


def draw(n_needs: int, random: np.random.Generator) -> Candidates:
    shape = (n_needs, CANDIDATES)
    kind = random.choice(3, size=shape, p=KINDS)
    features = np.full((*shape, len(FEATURES)), np.nan)

    def put(name: str, values: Floats) -> None:
        if name in FEATURES:
            features[..., FEATURES.index(name)] = values

    for name, moments in (("meaning", MEANING), ("words", WORDS)):
        mean, spread = np.array(moments)[kind].transpose(2, 0, 1)
        put(name, np.clip(random.normal(mean, spread), 0.0, 1.0))
    for name, often in SHARED.items():
        shared = random.random(shape) < np.array(often)[kind]
        values = np.where(shared, random.uniform(0.4, 1.0, shape), 0.0)
        put(name, np.where(random.random(shape) < UNKNOWN[name], np.nan, values))
    place = random.choice(PLACES, size=shape, p=PLACE_SHARES)
    put("place", np.where(random.random(shape) < UNKNOWN["place"], np.nan, place))
    put("freshness", random.beta(3.0, 1.0, shape))
    put("load", np.log1p(random.poisson(2.0, shape).astype(np.float64)))
    return Candidates(features)
