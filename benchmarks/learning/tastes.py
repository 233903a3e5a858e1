"""Simulated coordinators: each has weights of their own that nobody sees, and gives reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.evidence import PARTS, Said
from services.matcher.scoring.learning.priors import FEATURES, INTERCEPT, NEUTRAL, PRIORS
from services.matcher.scoring.learning.scorer import logistic

Floats = NDArray[np.float64]

REASONS = ("subject", "place", "beneficiaries", "load")
"""What the reasons that Convene comes with teach; one in five is given without any that teaches."""
UNTOLD = 0.2


@dataclass(frozen=True, slots=True)
class Taste:
    """Hidden log-odds: the priors times `times` for the features named, moved by `shift`.

    `slips` is the share of decisions that come out the other way for no reason at all.
    """

    name: str
    times: Mapping[str, float]
    shift: float = 0.0
    slips: float = 0.05

    def weights(self) -> Floats:
        return np.array([PRIORS[name] * self.times.get(name, 1.0) for name in FEATURES])

    def parts(self, features: Floats) -> Floats:
        """Hidden log-odds by feature, shape as given."""
        neutral = np.array([NEUTRAL[name] for name in FEATURES])
        return np.where(np.isfinite(features), features - neutral, 0.0) * self.weights()

    def says_yes(self, features: Floats) -> Floats:
        """The hidden probability of a yes, slips included."""
        meant = logistic(self.parts(features).sum(axis=-1) + INTERCEPT + self.shift)
        return meant * (1 - self.slips) + (1 - meant) * self.slips


_TEXT = ("meaning", "words")
TASTES = (
    Taste("as the priors have it", {}),
    Taste("place first", {"place": 4.0}),
    Taste("life stage first", {"beneficiaries": 4.0, "meaning": 0.6}),
    Taste("text over fields", {"words": 2.0, "goals": 0.2, "beneficiaries": 0.2, "help": 0.2}),
    Taste("fields over text", {"meaning": 0.4, "words": 0.4, "goals": 3.0, "help": 3.0}),
    Taste("says no to most", {}, shift=-1.5),
    Taste("says yes to most", dict.fromkeys(FEATURES, 0.7), shift=1.0),
    Taste("hardly predictable", dict.fromkeys(FEATURES, 0.5), slips=0.15),
    Taste("against the sign of a prior", {"place": -2.0}),
)


def decide(taste: Taste, features: Floats, need_id: str, random: np.random.Generator) -> list[Said]:
    """Verdicts on what is shown of one need, shape (n_shown, n_features)."""
    parts = taste.parts(features)
    yes = random.random(len(features)) < taste.says_yes(features)
    return [
        Said(
            match_id=f"{need_id}/{place}",
            need_id=need_id,
            yes=bool(yes[place]),
            teaches="all" if yes[place] else _reason(parts[place], random),
            features={
                name: float(value)
                for name, value in zip(FEATURES, features[place], strict=True)
                if np.isfinite(value)
            },
        )
        for place in range(len(features))
    ]


def _reason(parts: Floats, random: np.random.Generator) -> str:
    """What spoke most against it is named most often; now and then nothing that teaches."""
    if random.random() < UNTOLD:
        return ""
    against = np.array(
        [-sum(parts[FEATURES.index(one)] for one in PARTS.get(name, (name,))) for name in REASONS]
    )
    odds = np.exp(2.0 * (against - against.max()))
    return str(random.choice(REASONS, p=odds / odds.sum()))
