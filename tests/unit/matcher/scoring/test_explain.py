"""Reasons and refusals are sentences about these two listings."""

from services.matcher.scoring.index import load_model
from services.matcher.scoring.learning.scorer import BASELINE, FEATURES
from services.matcher.scoring.reasons.explain import Explainer, Pair
from services.matcher.scoring.text.phrases import shared_phrases
from shared.reference.places import Places
from tests.worlds import (
    AS_OF,
    EAST,
    ESSEX,
    SCOTLAND,
    TENDRING,
    World,
    a_capability,
    a_member,
    a_need,
)

MODEL = load_model(semantic=False)
MEMBERS = [
    a_member("council", "local_government", name="Seaside Council", places=(ESSEX,)),
    a_member("firm", name="Harbour Radio"),
    a_member("town", "local_government", name="Town Council"),
]
NEED = a_need(
    "n", "council", "Children starting school without words", goals=(1, 5), places=(TENDRING,),
    description="We want reading stories at home.", wants=("expertise", "jobs"),
    beneficiaries=("early_years", "families"),
)  # fmt: skip


def _reasons(**changes: object) -> dict[str, str]:
    offered = a_capability("c", "firm", "Stories before starting school", **changes)
    index = World(MEMBERS, [offered], [NEED]).built(MODEL, AS_OF)
    return {reason.feature: reason.text for reason in index.score_of("n", "c").reasons}


def test_reasons_speak_of_the_pair() -> None:
    told = _reasons(goals=(1,), gives=("expertise",), beneficiaries=("early_years",),
                    delivers_in=(ESSEX,))  # fmt: skip
    assert told["words"] == "The two texts share “starting school” and “stories”."
    assert told["goals"] == "Both serve goal 1, Strong foundations in early years."
    assert told["help"] == "It brings expertise, as asked."
    assert told["beneficiaries"] == "Both are for children before school."
    assert "Essex" in told["place"]
    assert "Tendring" in told["place"]


def test_what_does_not_fit_is_said_as_well() -> None:
    told = _reasons(goals=(13,), gives=("funding",), beneficiaries=("older_people",))
    assert told["goals"].startswith("They serve different goals: the need goal 1, Strong")
    assert told["help"] == "The need asks for expertise and jobs; this brings funding."
    assert told["beneficiaries"] == (
        "It is for older people; the need is for children before school and families."
    )
    assert told["place"].startswith("Offered more widely, in the United Kingdom")


def test_refusals_name_members_and_places() -> None:
    offered = [
        a_capability("far", "firm", "Stories", delivers_in=(SCOTLAND,)),
        a_capability("same", "town", "Stories", delivers_in=(EAST,)),
    ]
    index = World(MEMBERS, offered, [NEED]).built(MODEL, AS_OF)
    far, same = index.refusal_of("n", "far"), index.refusal_of("n", "same")
    assert far is not None
    assert far.text == ("Harbour Radio offers this in Scotland, which does not include Tendring.")
    assert same is not None
    assert same.text.startswith("Seaside Council and Town Council are both local government")


def test_phrases_are_quoted_as_either_text_has_them() -> None:
    found = shared_phrases(
        "We read bedtime stories to parents.", "Parent groups, bedtime story time"
    )
    assert [phrase.quoted for phrase in found] == ["“bedtime stories” / “bedtime story”",
                                                   "“parents” / “parent”"]  # fmt: skip
    ended = shared_phrases("Early reading. Reading aloud", "Early reading. Reading aloud")
    assert [phrase.in_need for phrase in ended] == ["reading aloud", "early"]
    assert shared_phrases("the of and", "the of and") == []
    assert shared_phrases("", "words") == []


def test_every_feature_has_a_sentence_of_its_own() -> None:
    missing = set(FEATURES) - MODEL.explainer.told_features
    assert not missing, f"give {sorted(missing)} a sentence in scoring/reasons/explain.py"


def test_a_feature_without_a_sentence_is_still_told_so_that_parts_add_up() -> None:
    pair = Pair(NEED, a_capability("c", "firm"), MEMBERS[0], MEMBERS[1])
    told = Explainer(Places.load(), {}).reasons(pair, {BASELINE: 0.2, "new_thing": 0.1})
    assert [one.text for one in told[1:]] == ["New thing speaks for it."]
    assert sum(one.contribution for one in told) == 0.2 + 0.1
