"""What people said as arrays: one row for each thing said, with the features that were shown.

A reason limits what a no is evidence about: "the place is wrong" says nothing about the text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.priors import FEATURES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

TEXT = ("meaning", "words")
PARTS: Mapping[str, tuple[str, ...]] = {
    "all": FEATURES,
    "text": TEXT,
    "subject": (*TEXT, "goals", "help"),
}
"""Names of several features together; the name of a feature stands for itself."""
KIND_WEIGHTS: Mapping[str, float] = {"verdict": 1.0, "answer": 1.0, "outcome": 0.5}
"""A partnership that runs is reported several times over, each time by either side."""


def taught_by(name: str) -> tuple[str, ...]:
    """The features that a reason with this name teaches; none for a name no feature has."""
    return PARTS.get(name) or ((name,) if name in FEATURES else ())


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict, answer or outcome. `features` by name; what is absent was unknown."""

    match_id: str
    need_id: str
    yes: bool
    teaches: str
    features: Mapping[str, float]
    kind: str = "verdict"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows in the order given.

    `features` and `teaches`: shape (n_rows, n_features), NaN where unknown; the others (n_rows,).
    Rows of one match share its number in `matches`, those of one need its number in `needs`.
    """

    features: Floats
    yes: Flags
    teaches: Flags
    weights: Floats
    matches: Numbers
    needs: Numbers

    def __len__(self) -> int:
        return len(self.yes)

    def take(self, rows: Flags | NDArray[np.intp]) -> "Evidence":
        return Evidence(*(getattr(self, entry.name)[rows] for entry in fields(self)))

    def settled(self) -> "Evidence":
        """One row a match, as far as it is known: yes where nobody said no. First row's features.

        A no that teaches no feature counts here all the same: it tells how often a yes comes.
        """
        _, first, number = np.unique(self.matches, return_index=True, return_inverse=True)
        yes = np.ones(len(first), dtype=bool)
        np.logical_and.at(yes, number, self.yes)
        found = self.take(first.astype(np.intp))
        return replace(found, yes=yes, weights=np.ones(len(first)))


def evidence_of(rows: Iterable[Said]) -> Evidence:
    """What was said, as arrays."""
    kept = [(one, taught_by(one.teaches)) for one in rows]
    shape = (len(kept), len(FEATURES))
    return Evidence(
        features=np.array(
            [[one.features.get(name, np.nan) for name in FEATURES] for one, _ in kept],
            dtype=np.float64,
        ).reshape(shape),
        yes=np.array([one.yes for one, _ in kept], dtype=bool),
        teaches=np.array(
            [[name in parts for name in FEATURES] for _, parts in kept], dtype=bool
        ).reshape(shape),
        weights=np.array([KIND_WEIGHTS.get(one.kind, 1.0) for one, _ in kept], dtype=np.float64),
        matches=_numbers([one.match_id for one, _ in kept]),
        needs=_numbers([one.need_id for one, _ in kept]),
    )


def plain_evidence(features: Floats, yes: NDArray[np.bool_]) -> Evidence:
    """Verdicts about everything, each about a match and a need of its own."""
    rows = np.arange(len(yes), dtype=np.int64)
    everything = np.ones(features.shape, dtype=bool)
    return Evidence(
        np.asarray(features, dtype=np.float64),
        np.asarray(yes, dtype=bool),
        everything,
        np.ones(len(rows)),
        rows,
        rows,
    )


def _numbers(names: Sequence[str]) -> Numbers:
    if not names:
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)
