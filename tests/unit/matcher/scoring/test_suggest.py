"""What is read from a text: the right things, never their look-alikes, and never for more than it is."""

import random

import numpy as np
import pytest

from services.matcher.scoring.index import Model, load_model
from services.matcher.scoring.learning.priors import NEUTRAL
from services.matcher.scoring.text.fields import SUGGESTED_WEIGHT
from services.matcher.scoring.text.suggest import MOST_TERMS, Stated, Suggester
from shared.reference.phrasebook import packaged
from tests.worlds import ESSEX, World, a_capability, a_member, a_model, a_need

SUGGESTER = Suggester(packaged())
NOTHING = Stated((), (), ())


def terms(text: str, feature: str) -> set[str]:
    return {one.term for one in SUGGESTER.suggestions(text)[feature]}


def phrase(text: str, feature: str, term: str) -> str:
    return next(one.phrase for one in SUGGESTER.suggestions(text)[feature] if one.term == term)


@pytest.mark.parametrize(
    ("text", "feature", "meant", "not_meant"),
    [
        ("Toddlers who have rarely been read to", "goals", "1", "3"),
        ("Adult literacy classes in the evening", "goals", "3", "1"),
        ("Adult literacy classes in the evening", "beneficiaries", "adults", "early_years"),
        ("We transfer our unspent apprenticeship levy", "help", "funding", "venue"),
        ("Fifty apprenticeships a year", "help", "training_places", "funding"),
        ("Refurbished laptops for pupils", "help", "equipment", "funding"),
        ("Digital skills with patient help beside you", "goals", "10", "1"),
        ("Digital skills with patient help beside you", "beneficiaries", "", "patients"),
        ("A team of data analysts", "help", "expertise", "equipment"),
        ("We do not fund posts", "help", "", "funding"),
        ("Volunteers visit a hospital", "beneficiaries", "patients", "school_age"),
        ("A care home wants a pen pal", "goals", "8", "12"),
        ("Role models from industry", "help", "", "jobs"),
        ("The plant nursery is open", "goals", "", "1"),
        ("Help for young carers, not paid carers", "beneficiaries", "carers", "patients"),
        ("Please send us your pupils", "beneficiaries", "school_age", "people_with_disabilities"),
    ],
)
def test_what_is_meant_is_read_and_its_look_alike_is_not(
    text: str, feature: str, meant: str, not_meant: str
) -> None:
    found = terms(text, feature)
    assert not_meant not in found
    assert not meant or meant in found


def test_the_phrase_is_the_one_of_the_text() -> None:
    assert phrase("Helping Job-Seekers find work!", "beneficiaries", "job_seekers") in {
        "job seekers",
        "find work",
    }
    assert phrase("A minibus we can lend", "help", "equipment") == "minibus"


def test_confidence_grows_with_different_phrases_only() -> None:
    def sure(text: str) -> float:
        return SUGGESTER.suggestions(text)["beneficiaries"][0].confidence

    one = sure("Toddlers")
    assert sure("Toddlers, toddlers and toddlers") == one
    assert one < sure("Toddlers and babies") < sure("Toddlers, babies at nursery") <= 1


def test_a_phrase_within_a_longer_one_is_counted_once() -> None:
    assert (
        SUGGESTER.read("Apprenticeship levy")["help"][0].confidence
        == SUGGESTER.read("Levy")["help"][0].confidence
    )


def test_only_what_was_left_out_is_suggested() -> None:
    text = "Toddlers at nursery, with volunteers"
    found = SUGGESTER.missing(text, Stated((8,), (), ("jobs",)))
    assert set(found) == {"beneficiaries"}
    assert SUGGESTER.missing(text, Stated((8,), ("adults",), ("jobs",))) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "the and of",
        "!!! ??? …",
        "a",
        "字字字 漢字",
        "Привет мир",
        "\ud800",
        "\x00\x00",
        "🙂" * 50,
    ],
)
def test_texts_that_say_nothing_suggest_nothing(text: str) -> None:
    assert all(not found for found in SUGGESTER.missing(text, NOTHING).values())


def test_one_word_is_enough_where_it_is_the_right_one() -> None:
    assert terms("Nursery", "goals") == {"1"}


def test_a_text_of_100_000_characters_is_read_and_bounded() -> None:
    found = SUGGESTER.suggestions("toddlers laptops volunteers jobs housing " * 2_500)
    for feature, told in found.items():
        assert len(told) <= MOST_TERMS[feature]
        assert all(0 <= one.confidence <= 1 for one in told)


def test_suggestions_do_not_depend_on_what_was_read_before() -> None:
    texts = [f"{one} {two}" for one in ("Toddlers", "Laptops", "Jobs") for two in ("NHS", "debt")]
    fresh = {text: Suggester(packaged()).suggestions(text) for text in texts}
    used = Suggester(packaged())
    order = random.Random(7).sample(texts * 3, len(texts) * 3)  # noqa: S311
    assert {text: used.suggestions(text) for text in order} == fresh


def a_world(need_goals: tuple[int, ...], capability_goals: tuple[int, ...]) -> World:
    return World(
        [a_member("council", "local_government", places=(ESSEX,)), a_member("firm")],
        [a_capability("c", "firm", "Toddlers and nursery rhymes", goals=capability_goals)],
        [a_need("n", "council", "Toddlers who start school", goals=need_goals)],
    )


@pytest.mark.parametrize("meaning", [True, False])
def test_a_goal_that_was_read_counts_for_less_than_one_that_was_stated(meaning: bool) -> None:
    model = a_model(meaning=meaning)

    def goals(need: tuple[int, ...], capability: tuple[int, ...]) -> float:
        return a_world(need, capability).built(model).score_of("n", "c").features["goals"]

    assert goals((1,), (1,)) == 1
    half = NEUTRAL["goals"] + SUGGESTED_WEIGHT * (1 - NEUTRAL["goals"])
    assert goals((), (1,)) == pytest.approx(half, abs=1e-4)
    assert goals((1,), ()) == pytest.approx(half, abs=1e-4)
    away = NEUTRAL["goals"] * (1 - SUGGESTED_WEIGHT)
    assert goals((), (9,)) == pytest.approx(away, abs=1e-4)


def test_two_texts_are_not_compared_twice() -> None:
    """Where neither side stated its goals, what was read of both says nothing new."""
    found = a_world((), ()).built(a_model()).score_of("n", "c")
    assert found.features["goals"] == pytest.approx(NEUTRAL["goals"], abs=1e-4)
    assert "goals" not in {reason.feature for reason in found.reasons}


def test_the_sentence_says_what_was_read_and_where() -> None:
    found = a_world((), (1,)).built(load_model(semantic=False)).score_of("n", "c")
    told = {reason.feature: reason.text for reason in found.reasons}
    assert told["goals"].startswith("Both serve goal 1")
    assert told["goals"].endswith(
        "We read “start school” in the need's text, so it counts for less."
    )
    assert sum(reason.contribution for reason in found.reasons) == pytest.approx(found.score)


def test_what_was_read_does_not_satisfy_a_strict_side() -> None:
    """Rules fail closed: only a member's own word opens them."""
    world = a_world((1,), ())
    world.needs[0] = a_need("n", "council", "Toddlers", goals=(1,), strict=("goals",))
    refused = world.built(a_model()).refusal_of("n", "c")
    assert refused is not None
    assert refused.rule == "strict_goals"


def test_thin_texts_find_the_capability_that_states_what_they_say() -> None:
    members = [a_member("council", "local_government", places=(ESSEX,)), a_member("firm")]
    offers = [
        a_capability("early", "firm", "Story sacks", goals=(1,), beneficiaries=("early_years",)),
        a_capability("homes", "firm", "Tenancies", goals=(12,), beneficiaries=("residents",)),
        a_capability("money", "firm", "Accounts", goals=(7,), beneficiaries=("adults",)),
    ]
    need = a_need("n", "council", "Toddlers")
    index = World(members, offers, [need]).built(a_model())
    found = index.proposals_for("n")
    assert found[0].capability_id == "early"
    assert found[0].score > found[1].score


def test_a_models_version_names_its_phrases() -> None:
    model = a_model()
    assert SUGGESTER.version in model.version
    assert isinstance(model, Model)


def test_likeness_to_typical_texts_adds_to_phrases() -> None:
    class OneDirection:
        """Every text means the same: the most alike that texts can be."""

        def transform(self, texts: list[str]) -> np.ndarray:
            return np.tile(np.array([1, 0], np.float32), (len(texts), 1))

    with_meaning = Suggester(packaged(), OneDirection())
    sure = {one.term: one for one in with_meaning.read("Nursery")["goals"]}
    alone = SUGGESTER.read("Nursery")["goals"][0].confidence
    assert sure["1"].confidence > alone
    assert sure["12"].phrase == ""
    assert sure["12"].confidence < sure["1"].confidence
