"""What is common in a coalition says little there, whatever it says in general English."""

import os
import subprocess
import sys

import numpy as np
import pytest

from services.matcher.scoring.counting import FIRST_SIZE, counted_over, with_words
from services.matcher.scoring.text.stems import weight_of
from services.matcher.scoring.text.suggest import text_of
from services.matcher.scoring.text.word_weights import StemFeatures, StemWeights, count_words
from tests.worlds import AS_OF, World, a_capability, a_member, a_model, a_need

HARBOUR = [f"harbour {word}" for word in ("boats", "nets", "tides", "quays")] * 40
ODD = [
    "",
    " ",
    "the of and",
    "?",
    "лето",
    "保育園",
    "a",
    "nursery " * 12_500,
    "x" * 100_000,
    "\ud83d",
]


def test_what_every_text_has_says_less_than_in_general() -> None:
    weights = StemWeights(count_words([f"{text} {n}" for n, text in enumerate(HARBOUR)]))
    assert weight_of("harbour") > weight_of("school")
    assert weights.of("school") > weights.of("harbour") > 0


def test_a_word_not_met_yet_keeps_its_place_in_general_english() -> None:
    weights = StemWeights(count_words(HARBOUR))
    assert weights.of("retrofit") > weights.of("school")
    assert StemWeights().of("retrofit") == weight_of("retrofit")


def test_equal_texts_count_once_and_no_order_matters() -> None:
    once, often = count_words(HARBOUR[:4]), count_words(HARBOUR[::-1])
    assert once.name == often.name
    assert once.texts == often.texts == 4
    assert np.array_equal(once.columns, often.columns)
    assert np.array_equal(once.counts, often.counts)
    assert count_words(HARBOUR[:3]).name != once.name


def test_nothing_counted_is_defined() -> None:
    weights = StemWeights(count_words([]))
    columns, values = weights.row("harbour", offered=True)
    assert len(columns) == 1
    assert np.isfinite(values).all()


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_has_a_finite_row(text: str) -> None:
    weights = StemWeights(count_words([*ODD, *HARBOUR]))
    for offered in (False, True):
        columns, values = weights.row(text, offered=offered)
        assert len(columns) == len(values)
        assert np.isfinite(values).all()
        assert (np.diff(columns) > 0).all()


def test_a_needs_row_has_length_one_and_a_short_capability_less() -> None:
    weights = StemWeights(
        count_words(["boats", *(f"{one} for families in the town" for one in HARBOUR)])
    )
    need, short = weights.row("boats")[1], weights.row("boats", offered=True)[1]
    assert np.isclose((need**2).sum(), 1)
    assert 0 < (short**2).sum() < 1


def test_a_long_text_that_shares_more_comes_before_a_short_one_that_shares_one_word() -> None:
    """By cosine alone the short one wins, because nothing in it is missed."""
    texts = [f"{one} and more of the same for all who live here" for one in set(HARBOUR)]
    long = (
        "boats and nets for families of fishermen, lessons on tides, and a place to meet at night"
    )
    weights = StemWeights(count_words([*texts, long, "boats"]))
    need = dict(zip(*weights.row("boats, nets and tides for our fishermen"), strict=True))

    def product(text: str) -> float:
        columns, values = weights.row(text, offered=True)
        shared = [
            need.get(column, 0) * value for column, value in zip(columns, values, strict=True)
        ]
        return float(sum(shared))

    assert product(long) > product("boats")


def test_the_features_of_a_pipeline_count_over_what_they_are_fitted_on() -> None:
    fitted = StemFeatures().fit(HARBOUR)
    assert fitted.weights_.counts is not None
    assert StemFeatures().weights_.counts is None
    rows = fitted.transform(["harbour boats", ""])
    assert rows.shape[0] == 2
    assert rows[1].nnz == 0


def test_a_title_that_begins_the_description_is_not_said_twice() -> None:
    assert text_of(a_need("n", "m", "Books", description="Books for all")) == "Books for all"
    assert text_of(a_need("n", "m", "Books", description="For all")) == "Books. For all"
    assert text_of(a_need("n", "m", "Books")) == "Books"


def _coalition(size: int) -> World:
    """Everybody says “harbour”; only one capability is about what the need lacks."""
    capabilities = [
        a_capability(f"c{number:03}", "giver", f"Harbour harbour harbour work number{number}")
        for number in range(size)
    ]
    capabilities.append(
        a_capability("right", "giver", "Reading stories with families who live far")
    )
    members = [a_member("council", "local_government"), a_member("giver")]
    return World(members, capabilities, [a_need("n", "council", "Harbour families want stories")])


def test_a_coalition_that_always_says_the_same_word_is_not_misled_by_it() -> None:
    world, model = _coalition(FIRST_SIZE), a_model(meaning=False)
    counted = counted_over(model, world.members, world.capabilities, world.needs)
    assert world.built(model).proposals_for("n", 1)[0].capability_id != "right"
    assert world.built(counted).proposals_for("n", 1)[0].capability_id == "right"


def test_a_small_coalition_is_read_by_general_english() -> None:
    world, model = _coalition(FIRST_SIZE - 3), a_model(meaning=False)
    assert counted_over(model, world.members, world.capabilities, world.needs) is model


def test_the_epoch_is_in_the_version_and_not_in_what_learning_compares() -> None:
    model = a_model()
    counted = with_words(model, count_words(HARBOUR))
    assert counted.version != model.version
    assert counted.representer.words.version in counted.version
    assert counted.representation == model.representation
    assert model.representer.words.counts is None


def test_listings_added_in_any_order_and_batch_score_the_same() -> None:
    world = _coalition(40)
    counted = with_words(a_model(), count_words(HARBOUR))
    whole = world.built(counted).proposals_for("n", 50)
    index = counted.build(world.members, [], world.needs, AS_OF)
    for one in reversed(world.capabilities):
        index.upsert_capability(one)
    assert index.proposals_for("n", 50) == whole


@pytest.mark.thorough
def test_the_hash_seed_changes_no_name() -> None:
    code = (
        "from services.matcher.scoring.text.word_weights import count_words\n"
        "texts = [f'harbour {n} boats nets {n % 7}' for n in range(200)]\n"
        "print(count_words(texts).name)\n"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(names) == 1
