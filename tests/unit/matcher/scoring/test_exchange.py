"""What each side asks of the other counts: obvious worlds, monotone signs, sums, older matches."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.entities import Capability, Need
from services.matcher.scoring.index import load_model
from services.matcher.scoring.inputs import inputs_of, scored_again
from services.matcher.scoring.learning.priors import FIRST_FEATURES, NEUTRAL
from services.matcher.scoring.reasons.conditions import sentence_of
from services.matcher.scoring.reasons.near import change_for, sides_of
from services.matcher.scoring.results import Scored
from services.matcher.scoring.text.exchange import ExchangeReader
from shared.reference.phrasebook import packaged
from shared.reference.vocabulary import BUDGET, TERMS
from tests.worlds import World, a_capability, a_member, a_model, a_need, random_world

READER = ExchangeReader(packaged())
MODEL = a_model()
TEXT = "Reading stories to toddlers at nursery"
ROOM = "A room for the sessions."


def a_world(need: Need, *capabilities: Capability) -> World:
    givers = [a_member(one.member_id, "business") for one in capabilities]
    return World([a_member("council", "local_government"), *givers], list(capabilities), [need])


def scored(need: dict[str, Any], capability: dict[str, Any]) -> Scored:
    world = a_world(
        a_need("n", "council", TEXT, **need), a_capability("c", "giver", TEXT, **capability)
    )
    return world.built(MODEL).score_of("n", "c")


def first(need: dict[str, Any], **capabilities: dict[str, Any]) -> str:
    """The capability that is proposed first, all else being equal."""
    offered = [
        a_capability(name, f"giver-{name}", TEXT, **given) for name, given in capabilities.items()
    ]
    index = a_world(a_need("n", "council", TEXT, **need), *offered).built(MODEL)
    return index.proposals_for("n")[0].capability_id


def said(one: Scored, feature: str) -> str:
    return next((reason.text for reason in one.reasons if reason.feature == feature), "")


def test_the_member_that_asks_for_what_the_need_brings_comes_first() -> None:
    asks = {"a": {"requires": "A minibus."}, "b": {"requires": ROOM}, "c": {"requires": ""}}
    assert first({"offers": ("venue",)}, **asks) == "b"
    assert first({"offers": ("equipment",)}, **asks) == "a"
    assert first({"offers": ("jobs",)}, **asks) == "c"


def test_who_costs_nothing_comes_before_who_has_to_be_paid_where_there_is_no_budget() -> None:
    terms = {"a": {"terms": "paid"}, "b": {"terms": "shared_cost"}, "c": {"terms": "free"}}
    assert first({"budget": "none"}, **terms) == "c"
    assert first({"budget": "none"}, a=terms["a"], b=terms["b"]) == "b"
    assert scored({"budget": "some"}, terms["a"]).score == scored({}, terms["c"]).score


@pytest.mark.parametrize("budget", BUDGET.ids)
@pytest.mark.parametrize("terms", TERMS.ids)
def test_more_money_never_lowers_a_score_and_a_price_never_raises_it(
    budget: str, terms: str
) -> None:
    told = scored({"budget": budget}, {"terms": terms})
    assert told.score <= scored({"budget": "some"}, {"terms": terms}).score
    assert told.score <= scored({"budget": budget}, {"terms": "free"}).score
    assert sum(reason.contribution for reason in told.reasons) == pytest.approx(told.score)
    assert ("terms" in told.features) == (terms in ("paid", "shared_cost"))


def test_what_nobody_said_is_neutral() -> None:
    nothing = scored({}, {})
    assert scored({"offers": ("venue",)}, {}).score == nothing.score
    assert scored({}, {"requires": ROOM}).score == nothing.score
    assert scored({"offers": ("venue",)}, {"requires": "Nothing we could name."}) == nothing
    assert not {"offers", "terms"} & set(nothing.features)


def test_both_sides_read_why() -> None:
    brings = scored({"offers": ("venue",)}, {"requires": ROOM})
    assert said(brings, "offers") == "What it asks for in return, venue, the need brings."
    lacks = scored({"offers": ("jobs",)}, {"requires": ROOM, "terms": "paid"})
    assert said(lacks, "offers") == "In return it asks for venue; the need brings jobs."
    assert said(lacks, "terms") == "It has to be paid for, and the need has no budget."


def test_what_a_text_says_counts_half() -> None:
    text = {"description": "We can offer rooms in two libraries."}
    read = scored(text, {"requires": ROOM})
    stated = scored({**text, "offers": ("venue",)}, {"requires": ROOM})
    half = NEUTRAL["offers"] + 0.5 * (1 - NEUTRAL["offers"])
    assert read.features["offers"] == pytest.approx(half)
    assert stated.features["offers"] == 1.0
    assert "We read “we can offer rooms” in the need's text" in said(read, "offers")
    charged = scored({}, {"description": "There is a day rate, plus VAT."})
    assert charged.features["terms"] == pytest.approx(0.5)
    assert "We read “day rate” in the capability's text" in said(charged, "terms")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("A hall with parking.", {"venue"}),
        ("A local partner to recruit families.", {"reach"}),
        ("A training provider and guaranteed interviews.", {"training_places", "jobs"}),
        ("No funding is asked.", set()),
        ("", set()),
    ],
)
def test_what_is_asked_for_is_read_by_its_phrases(text: str, kinds: set[str]) -> None:
    assert set(READER.asked(text)) == kinds


def test_a_near_miss_says_what_either_side_could_offer_or_forgo() -> None:
    capability = a_capability("c", "giver", "Reading and engineers", terms="paid", requires=ROOM)
    need = a_need("n", "council", "Reading and mentors", offers=("jobs",))
    index = a_world(need, capability).built(MODEL)
    sides, wording = sides_of(index.market, "n", "c"), MODEL.explainer.wording

    def changed(by: float) -> str:
        least = index.score_of("n", "c").score + by
        found = change_for(index, "n", "c", least)
        assert found is not None
        assert found.score >= least
        return sentence_of(found, sides, wording)

    assert changed(0.05).startswith("If Giver did without what it asks for in return, this")
    assert changed(0.10).startswith("If Council also offered venue, this")
    assert changed(0.15).startswith("If Giver offered this free of charge, this")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_was_scored_before_is_made_again_as_it_was(seed: int) -> None:
    """Kept inputs and the first features give the first scores, also where more is known now."""
    world = random_world(seed, size=5)
    before, now = MODEL.at_first(), MODEL
    old, new = world.built(before), world.built(now)
    for need in world.needs:
        for capability in world.capabilities:
            if old.refusal_of(need.id, capability.id):
                continue
            told = old.score_of(need.id, capability.id)
            kept = inputs_of(new, need.id, capability.id)
            texts = [{"title": one.title, "description": ""} for one in (need, capability)]
            assert scored_again(before, kept, *texts) == told
            assert set(told.features) <= set(FIRST_FEATURES)


def test_a_match_of_before_still_finds_its_model() -> None:
    """As kept with matches until 25 November 2026; a phrase changed since would end their replay."""
    before = load_model(semantic=False).at_first()
    assert before.version == "priors-e84bba31+stems-1+no-sentences+phrases-efe43bde"
    assert before.learned(None).version == before.version
