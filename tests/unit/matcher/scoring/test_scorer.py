"""A score is a probability whose parts add up to it, and unknown is neutral."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matcher.scoring.learning.scorer import (
    FEATURES,
    NEUTRAL,
    PRIORS,
    PROPOSAL_THRESHOLD,
    PartnershipScorer,
    strength,
)

values = st.one_of(st.just(float("nan")), st.floats(-1, 1, width=32))
rows = st.lists(values, min_size=len(FEATURES), max_size=len(FEATURES))
SCORER = PartnershipScorer()


@given(st.lists(rows, min_size=1, max_size=8))
def test_contributions_add_up_to_the_score_to_the_last_digit(table: list[list[float]]) -> None:
    features = np.array(table)
    scores = SCORER.probability(features)
    for parts, score in zip(SCORER.contributions(features), scores, strict=True):
        assert sum(Decimal(f"{part:.4f}") for part in parts) == Decimal(f"{score:.4f}")
        assert 0 <= score <= 1


@given(rows)
def test_a_contribution_has_the_sign_of_what_the_feature_says(row: list[float]) -> None:
    features = np.array([row])
    log_odds = SCORER.parts(features)[0]
    shares = SCORER.contributions(features)[0, 1:]
    for said, told in zip(log_odds, shares, strict=True):
        assert told * np.sign(said) >= -0.0001
        if said == 0:
            assert told == 0


def test_unknown_is_neutral() -> None:
    nothing = np.full((1, len(FEATURES)), np.nan)
    neutral = np.array([[NEUTRAL[name] for name in FEATURES]])
    assert SCORER.probability(nothing) == SCORER.probability(neutral)
    assert SCORER.contributions(nothing)[0, 1:].any() == np.False_


@given(rows, st.sampled_from(FEATURES), st.floats(0.01, 0.5))
def test_more_likeness_never_lowers_a_score(row: list[float], name: str, more: float) -> None:
    column = FEATURES.index(name)
    if np.isnan(row[column]):
        row[column] = NEUTRAL[name]
    raised = [*row]
    raised[column] += more
    before, after = SCORER.probability(np.array([row, raised]))
    assert (after >= before) if PRIORS[name] >= 0 else (after <= before)


def test_it_is_a_scikit_learn_classifier() -> None:
    table = np.full((3, len(FEATURES)), np.nan)
    probabilities = SCORER.predict_proba(table)
    assert probabilities.shape == (3, 2)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert PartnershipScorer(**SCORER.get_params()).coef_.tolist() == SCORER.coef_.tolist()


@pytest.mark.parametrize(
    ("score", "word"),
    [(0.95, "strong"), (0.7, "strong"), (0.69, "good"), (0.5, "good"), (0.3, "possible"),
     (PROPOSAL_THRESHOLD - 0.0001, "weak"), (0.0, "weak")],
)  # fmt: skip
def test_strength(score: float, word: str) -> None:
    assert strength(score) == word
