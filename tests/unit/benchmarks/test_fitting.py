"""Weights fitted on some needs find what tells, and a need left out has no say in its own figure."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality import fitting
from benchmarks.quality.fitting import Judged, fitted, held_out_scores, spread

pytestmark = pytest.mark.thorough


def toy(needs: int = 10) -> list[Judged]:
    """The first feature says who is right, the second says nothing."""
    draw = np.random.default_rng(3)
    made = []
    for number in range(needs):
        grades = np.array([3, 0, 0, 0, 0, 0])
        features = np.column_stack([grades / 3 + draw.normal(0, 0.3, 6), draw.normal(0, 1, 6)])
        made.append(Judged(f"n{number}", [f"c{at}" for at in range(6)], features, grades))
    return made


def test_what_tells_weighs_more_than_what_does_not() -> None:
    needs = toy()
    telling, idle = fitted(needs, spread(needs))
    assert telling > idle >= 0


def test_unknown_counts_as_the_mean() -> None:
    needs = toy()
    needs[0].features[0, 1] = np.nan
    assert np.isfinite(fitted(needs, spread(needs))).all()


def test_a_need_left_out_has_no_say_in_its_own_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "REPEATS", 1)
    needs = toy()
    changed = [replace(needs[0], grades=needs[0].grades[::-1].copy()), *needs[1:]]
    before, after = held_out_scores(needs), held_out_scores(changed)
    for first, second in zip(before, after, strict=True):
        assert np.array_equal(first[0], second[0])
    others = [
        not np.array_equal(first[1], second[1]) for first, second in zip(before, after, strict=True)
    ]
    assert any(others), "the changed labels must matter to the others, or nothing was fitted"
    assert len(before) == 1
