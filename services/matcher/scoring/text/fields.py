"""What a member stated in codes, as rows that can be multiplied with the other side's (stage 1).

Rows of length 1; a row of nothing means that nothing is known. Who stated a field and who was read
is laid out beside it, so that the product alone tells how much it counts.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.reference.vocabulary import BENEFICIARIES, GIVES

RowOf = Callable[[Any], NDArray[np.float32]]

SPECIFICITY = {
    "early_years": 1.5, "school_age": 1.2, "post_16": 1.2, "adults": 0.5, "older_people": 1.2,
    "families": 0.5, "carers": 1.2, "people_with_disabilities": 1.2, "care_leavers": 1.5,
    "small_businesses": 1.5, "patients": 1.2, "residents": 0.3,
}  # fmt: skip
"""How much a group narrows who is meant: everybody is a resident, few are care leavers."""

SUGGESTED_WEIGHT = 0.5
"""What a field read from one side's text counts beside one that both sides stated."""

FLAGS = 3
GOAL_COLUMNS = 64
"""Goals are numbered from 1 in every framework; a number beyond this tells nothing."""


@lru_cache(maxsize=10_000)
def goal_row(goals: tuple[int, ...]) -> NDArray[np.float32]:
    """Weights 1, 1/2, 1/3 … in the order given: the first goal is the one a match counts under."""
    row = np.zeros(GOAL_COLUMNS, dtype=np.float32)
    for rank, goal in enumerate(goals):
        if 0 < goal <= GOAL_COLUMNS:
            row[goal - 1] = max(row[goal - 1], 1.0 / (1 + rank))
    return unit_row(row)


@lru_cache(maxsize=10_000)
def beneficiary_row(groups: tuple[str, ...]) -> NDArray[np.float32]:
    row = np.zeros(len(BENEFICIARIES), dtype=np.float32)
    for group in groups:
        if group in BENEFICIARIES:
            row[BENEFICIARIES.ids.index(group)] = np.sqrt(SPECIFICITY.get(group, 1.0))
    return unit_row(row)


@lru_cache(maxsize=10_000)
def help_row(gives: tuple[str, ...]) -> NDArray[np.float32]:
    row = np.zeros(len(GIVES), dtype=np.float32)
    for kind in gives:
        if kind in GIVES:
            row[GIVES.ids.index(kind)] = 1.0
    return unit_row(row)


@lru_cache(maxsize=20_000)
def part_of(
    row_of: RowOf, told: Any, neutral: float | None, *, read: bool
) -> tuple[NDArray[np.float32], bool]:
    """A field of a need (`neutral` None) or of a capability as it is laid out, and whether anything
    is known. Kept: thousands of listings say the same few things.
    """
    row = row_of(told)
    made = as_need(row, read=read) if neutral is None else as_capability(row, neutral, read=read)
    made.setflags(write=False)
    return made, bool(row.any())


def as_need(row: NDArray[np.float32], *, read: bool) -> NDArray[np.float32]:
    """What a need brings to a comparison in which it matters who stated and who was read.

    With `as_capability` the product is r·cosine + (1 − r)·neutral: r is 1 where both sides stated
    the field, SUGGESTED_WEIGHT where one was read from its text, and 0 where both were, because
    then it would only compare the two texts once more.
    """
    nothing = np.zeros_like(row)
    halves = (nothing, row) if read else (row, nothing)
    flags = np.array([1.0, not read, read], dtype=np.float32)
    return np.concatenate([*halves, flags if row.any() else 0 * flags])


def as_capability(row: NDArray[np.float32], neutral: float, *, read: bool) -> NDArray[np.float32]:
    weights = (SUGGESTED_WEIGHT, 0.0) if read else (1.0, SUGGESTED_WEIGHT)
    flags = np.float32(neutral) * np.array([1.0, *(-one for one in weights)], dtype=np.float32)
    halves = [row * np.float32(weight) for weight in weights]
    return np.concatenate([*halves, flags if row.any() else 0 * flags])


def unit_row(row: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.sqrt((row.astype(np.float64) ** 2).sum()))
    return (row / length).astype(np.float32) if length else row
