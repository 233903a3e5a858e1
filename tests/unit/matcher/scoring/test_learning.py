"""Weights learned from what people said: signs hold, reasons teach their part, little teaches little."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.scoring.learning.evidence import (
    KIND_WEIGHTS,
    PARTS,
    Said,
    evidence_of,
    plain_evidence,
    taught_by,
)
from services.matcher.scoring.learning.fit import learned_weights, log_odds
from services.matcher.scoring.learning.judging import calibration_error, judge, measures_of
from services.matcher.scoring.learning.priors import FEATURES, INTERCEPT, NEUTRAL, PRIORS
from services.matcher.scoring.learning.scorer import PartnershipScorer, logistic
from services.matcher.scoring.learning.weights import Weights

pytestmark = pytest.mark.thorough

PRIOR = Weights(PRIORS, INTERCEPT)


def said(number: int, *, yes: bool, teaches: str = "all", need: int | None = None, **features: float) -> Said:  # fmt: skip
    need_id = f"n{number if need is None else need:04}"
    return Said(f"m{number:04}", need_id, yes, teaches, {**NEUTRAL, "meaning": 0.5, **features})


def learn(rows: Sequence[Said]) -> Weights:
    return learned_weights(evidence_of(rows), PRIOR)


def ratio(weights: Weights, one: str, other: str) -> float:
    return weights.by_feature[one] / weights.by_feature[other]


def place_matters(count: int, teaches: str = "place") -> list[Said]:
    """Whoever is in the place gets a yes, whoever is not a no, whatever the texts say."""
    random = np.random.default_rng(7)
    return [
        said(
            number,
            yes=number % 2 == 0,
            teaches="all" if number % 2 == 0 else teaches,
            place=float(np.clip(random.normal(0.8 if number % 2 == 0 else 0.1, 0.1), 0, 1)),
            meaning=float(random.uniform(0.3, 0.7)),
            goals=float(random.uniform(0.0, 1.0)),
        )
        for number in range(count)
    ]


def test_before_anything_is_said_the_priors_score() -> None:
    assert learn([]) == Weights({name: round(PRIORS[name], 4) for name in FEATURES}, INTERCEPT)
    scorer = PartnershipScorer()
    assert scorer.coef_.tolist() == [PRIORS[name] for name in FEATURES]
    assert scorer.fit(np.zeros((0, len(FEATURES))), np.zeros(0, bool)).version_.startswith(
        "priors-"
    )


value = st.one_of(st.just(float("nan")), st.floats(-5, 5, width=32))
anything = st.lists(
    st.tuples(
        st.lists(value, min_size=len(FEATURES), max_size=len(FEATURES)),
        st.booleans(),
        st.sampled_from(["all", "text", "subject", "place", "load", "", "terms", *FEATURES]),
        st.integers(0, 6),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(anything)
def test_no_weight_ever_changes_its_sign(rows: list[tuple[list[float], bool, str, int]]) -> None:
    made = [
        Said(f"m{number}", f"n{need}", yes, teaches, dict(zip(FEATURES, features, strict=True)))
        for number, (features, yes, teaches, need) in enumerate(rows)
    ]
    weights = learn(made)
    for name in FEATURES:
        assert weights.by_feature[name] * np.sign(PRIORS[name]) >= 0
        assert abs(weights.by_feature[name]) < 1e3
    assert np.isfinite(weights.intercept)


@pytest.mark.parametrize("against", ["place", "goals", "load"])
def test_evidence_against_a_sign_ends_at_nothing(against: str) -> None:
    """Hundreds of verdicts that contradict a prior take its feature out, never turn it around."""
    up = float(np.sign(PRIORS[against]))
    rows = [
        replace(
            said(number, yes=number % 2 == 0),
            features={**NEUTRAL, against: NEUTRAL[against] + up * sign},
        )
        for number in range(400)
        for sign in [-0.5 if number % 2 == 0 else 0.5]
    ]
    weights = learn(rows)
    assert weights.by_feature[against] == 0


def test_a_reason_teaches_its_part_and_no_other() -> None:
    weights = learn(place_matters(200))
    assert ratio(weights, "place", "meaning") > 1.3 * PRIORS["place"] / PRIORS["meaning"]
    for name in FEATURES:
        if name not in ("place", "meaning") and PRIORS[name]:
            expected = PRIORS[name] / PRIORS["meaning"]
            assert ratio(weights, name, "meaning") == pytest.approx(expected, rel=2e-3), name


@pytest.mark.parametrize("teaches", ["", "terms"])
def test_a_no_that_teaches_nothing_moves_no_part_against_another(teaches: str) -> None:
    weights = learn(place_matters(200, teaches))
    for name in FEATURES:
        if PRIORS[name]:
            expected = PRIORS[name] / PRIORS["meaning"]
            assert ratio(weights, name, "meaning") == pytest.approx(expected, rel=2e-3), name


def test_little_evidence_moves_little() -> None:
    moved = [
        abs(ratio(learn(place_matters(count)), "place", "meaning") * PRIORS["meaning"]
            / PRIORS["place"] - 1)
        for count in (2, 20, 200, 800)
    ]  # fmt: skip
    assert moved[0] < 1e-3
    assert moved == sorted(moved)
    assert moved[-1] > 0.5


@pytest.mark.parametrize("yes", [True, False])
def test_when_all_say_the_same_only_the_frequency_is_learned(yes: bool) -> None:
    rows = [said(number, yes=yes, meaning=0.3 + number / 100) for number in range(40)]
    weights = learn(rows)
    assert (weights.intercept > INTERCEPT) == yes
    assert ratio(weights, "place", "meaning") == pytest.approx(
        PRIORS["place"] / PRIORS["meaning"], rel=2e-3
    )


@pytest.mark.parametrize("yes", [True, False])
def test_one_row_and_unknown_features(yes: bool) -> None:
    weights = learn([Said("m", "n", yes, "all", {name: float("nan") for name in FEATURES})])
    assert abs(weights.intercept - INTERCEPT) < 1.0
    assert weights.by_feature["place"] > 0


def test_perfectly_separable_verdicts_give_finite_weights() -> None:
    rows = [
        said(number, yes=number % 2 == 0, words=0.4 * (number % 2 == 0)) for number in range(300)
    ]
    weights = learn(rows)
    assert PRIORS["words"] < weights.by_feature["words"] < 10 * PRIORS["words"]


def test_the_order_of_rows_changes_nothing() -> None:
    rows = place_matters(120)
    turned = [rows[place] for place in np.random.default_rng(3).permutation(len(rows))]
    assert learn(turned) == learn(rows)


def test_learning_makes_scores_as_frequent_as_they_say() -> None:
    """Coordinators who say yes half as often as the priors think are soon foretold well."""
    random = np.random.default_rng(11)
    rows = []
    for number in range(600):
        meaning, goals = float(random.uniform(0.2, 0.8)), float(random.random())
        row = said(number, yes=True, need=number // 3, meaning=meaning, goals=goals)
        odds = log_odds(evidence_of([row]).features, PRIOR)[0] - 1.5
        rows.append(replace(row, yes=bool(random.random() < logistic(np.array([odds]))[0])))
    half = len(rows) // 2
    before, after = (
        calibration_error(
            np.array([one.yes for one in rows[half:]]),
            logistic(log_odds(evidence_of(rows[half:]).features, weights)),
        )
        for weights in (PRIOR, learn(rows[:half]))
    )
    assert before > 0.15
    assert after < 0.1


def test_the_fitted_scorer_scores_by_what_it_learned_and_says_so() -> None:
    rows = place_matters(200)
    scorer = PartnershipScorer(PRIORS, INTERCEPT).fit(evidence=evidence_of(rows))
    assert scorer.version_.startswith("learned-")
    assert scorer.weights_ == learn(rows)
    again = PartnershipScorer(PRIORS, INTERCEPT, scorer.weights_)
    assert again.version_ == scorer.version_
    table = evidence_of(rows).features
    assert again.probability(table).tolist() == scorer.probability(table).tolist()
    plain = PartnershipScorer().fit(table, np.array([one.yes for one in rows]))
    assert plain.weights_.by_feature["place"] > PRIORS["place"]


def test_every_feature_can_be_taught() -> None:
    for name in FEATURES:
        assert taught_by(name) == (name,)
    assert set(PARTS["all"]) == set(FEATURES)
    assert taught_by("weather") == taught_by("") == ()
    assert KIND_WEIGHTS["outcome"] < KIND_WEIGHTS["verdict"]


def test_a_match_is_a_yes_only_if_nobody_said_no() -> None:
    rows = [
        said(1, yes=True),
        replace(said(1, yes=False, teaches="place"), kind="answer"),
        said(2, yes=True),
        said(3, yes=False, teaches=""),
    ]
    assert evidence_of(rows).settled().yes.tolist() == [False, True, False]


def many(count: int, **taste: Any) -> list[Said]:
    """Verdicts by a hidden taste: the priors times what is given."""
    random = np.random.default_rng(5)
    hidden = Weights({**PRIORS, **{n: PRIORS[n] * v for n, v in taste.items()}}, INTERCEPT)
    rows = []
    for number in range(count):
        row = said(number, yes=True, need=number // 4, meaning=float(random.uniform(0.3, 0.7)),
                   place=float(random.random()), beneficiaries=float(random.random()),
                   goals=float(random.random()))  # fmt: skip
        odds = log_odds(evidence_of([row]).features, hidden)
        rows.append(replace(row, yes=bool(random.random() < logistic(odds)[0])))
    return rows


def test_a_challenger_that_is_no_better_is_not_offered() -> None:
    found = judge(evidence_of(many(300)), PRIOR, PRIOR)
    assert found is not None
    assert not found.better
    assert "more than chance" in found.why


def test_a_challenger_that_is_better_is_offered() -> None:
    found = judge(evidence_of(many(400, place=8.0)), PRIOR, PRIOR)
    assert found is not None
    assert found.better
    assert found.gain_low > 0
    assert found.challenger.ndcg is not None
    assert found.champion.ndcg is not None
    assert found.challenger.ndcg > found.champion.ndcg


def test_nothing_is_compared_on_what_the_champion_has_seen() -> None:
    evidence = evidence_of(many(200, place=8.0))
    seen = np.arange(len(evidence)) < 180
    assert judge(evidence, PRIOR, PRIOR, seen) is None
    assert judge(evidence, PRIOR, PRIOR, np.zeros(len(evidence), bool)) is not None


def test_measures_of_toy_lists() -> None:
    settled = evidence_of([said(number, yes=number < 2, need=1) for number in range(4)]).settled()
    right = measures_of(settled, np.array([0.9, 0.8, 0.2, 0.1]))
    wrong = measures_of(settled, np.array([0.1, 0.2, 0.8, 0.9]))
    assert (right.auc, right.ndcg, wrong.auc) == (1.0, 1.0, 0.0)
    assert wrong.ndcg == pytest.approx(
        (1 / np.log2(4) + 1 / np.log2(5)) / (1 + 1 / np.log2(3)), abs=1e-4
    )
    assert right.calibration_error == pytest.approx(0.0, abs=1e-9)
    none = measures_of(evidence_of([]), np.zeros(0))
    assert (none.matches, none.log_loss, none.auc, none.ndcg) == (0, None, None, None)


def test_memory_of_a_comparison_does_not_grow_with_all_draws_of_all_needs() -> None:
    random = np.random.default_rng(7)
    features = random.random((2_000, len(FEATURES)))
    evidence = plain_evidence(features, random.random(2_000) < features[:, 0])
    evidence = replace(evidence, teaches=np.zeros_like(evidence.teaches))  # quick to learn from
    priors = PartnershipScorer().weights_
    tracemalloc.start()
    try:
        assert judge(evidence, priors, priors) is not None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
