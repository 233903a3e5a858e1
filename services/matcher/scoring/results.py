"""What the model is given besides the listings, and what it hands back (step 7 of the walk).

Plain values: the worker, the console, `rank` and the tests all read the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from services.matcher.domain.entities import Conflict

Strength = Literal["strong", "good", "possible", "weak"]


@dataclass(frozen=True, slots=True)
class PairState:
    """What has happened so far, as far as it decides who may still be proposed to whom.

    Parameters
    ----------
    capacity_left : by capability id, units that can still be reserved; absent: all of them; below
        zero where more is reserved than its member offers by now.
    places_left : by need id, partner places still open, likewise; absent: all of `partners`.
    cooling : pairs (need id, capability id) that are cooling off, by any earlier match.
    conflicts : by member id, conflicts beside those written on the member itself
        (they travel on a topic of their own).
    load : by member id, open proposals and matches; a busy member scores a little lower.

    """

    capacity_left: Mapping[str, int] = field(default_factory=dict)
    places_left: Mapping[str, int] = field(default_factory=dict)
    cooling: frozenset[tuple[str, str]] = frozenset()
    conflicts: Mapping[str, tuple[Conflict, ...]] = field(default_factory=dict)
    load: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score; the contributions of a pair add up to its score exactly."""

    feature: str
    contribution: float
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a pair may not be proposed: the code of a hard rule and a sentence for a person."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair that may be proposed. `score` and `features` are rounded to 4 decimals."""

    need_id: str
    capability_id: str
    score: float
    features: dict[str, float]
    reasons: list[Reason]
    inputs: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    """What it was made from, where that is to be kept (`with_inputs`)."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A pair that may be proposed, not explained yet: saying why costs far more than finding it."""

    need_id: str
    capability_id: str
    score: float
    features: NDArray[np.float64] = field(compare=False, repr=False)
    """Shape (n_features,), what `MatchIndex.explained` needs."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair whose score would have been among the best had no rule refused it."""

    need_id: str
    capability_id: str
    score: float
    refusal: Refusal
