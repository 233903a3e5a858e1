"""What a pair was scored from goes through JSON and gives the same score, reasons and sentences."""

import json
from dataclasses import asdict, fields, replace

import pytest

from services.matcher.domain.entities import Need, Units
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.inputs import inputs_of, scored_again, with_inputs
from services.matcher.scoring.reasons.explain import Explainer
from services.matcher.scoring.results import Refusal
from shared.reference.places import Places
from tests.worlds import TENDRING, a_model, checkerboard, random_world

pytestmark = pytest.mark.thorough

MODEL = a_model()


def _a_pair() -> tuple[MatchIndex, str, str]:
    return checkerboard().built(MODEL), "needs-books", "gives-books"


def test_every_proposal_comes_out_the_same() -> None:
    checked = 0
    for seed in range(8):
        index = random_world(seed, size=18).built(MODEL)
        for need_id, found in index.proposals_for_all(index.need_ids(), 3).items():
            for one in found:
                need = index.market.needs[need_id]
                offer = index.market.capabilities[one.capability_id]
                kept = json.loads(json.dumps(with_inputs(index, one).inputs))
                assert scored_again(MODEL, kept, asdict(need), asdict(offer)) == one
                checked += 1
    assert checked >= 5


def test_a_rule_that_would_refuse_is_told() -> None:
    index, need_id, capability_id = _a_pair()
    kept = inputs_of(index, need_id, capability_id) | {"capacity_left": 0}
    text = {"title": "Reading", "description": ""}
    refused = scored_again(MODEL, kept, text, text)
    assert isinstance(refused, Refusal)
    assert refused.rule == "no_capacity"


def test_names_are_those_of_then() -> None:
    """A place that is called otherwise later is told as it was called."""
    index, need_id, capability_id = _a_pair()
    kept = inputs_of(index, need_id, capability_id)
    kept["need"] = kept["need"] | {"places": [TENDRING]}
    kept["capability"] = kept["capability"] | {"delivers_in": [TENDRING], "mode": "either"}
    kept["names"]["places"] = {TENDRING: "Old Tendring"}
    again = scored_again(MODEL, kept, {"title": "Reading", "description": ""},
                         {"title": "Reading", "description": ""})  # fmt: skip
    assert not isinstance(again, Refusal)
    [place] = [reason.text for reason in again.reasons if reason.feature == "place"]
    assert "Old Tendring" in place
    assert MODEL.explainer.wording.place(TENDRING) == "Tendring", "the model itself is untouched"
    assert isinstance(MODEL.explainer, Explainer)
    assert Places.load().get(TENDRING).name == "Tendring"


def test_all_that_a_score_may_read_of_a_need_is_kept() -> None:
    world = random_world(3)
    fresh = replace(world.needs[0], units=Units(5, "starts"), urgency="high", budget="some")
    index = replace(world, needs=[fresh, *world.needs[1:]]).built(MODEL)
    kept = inputs_of(index, fresh.id, world.capabilities[0].id)["need"]
    left_out = {"title", "description", "locality_text", "locality_postcode"}
    assert kept.keys() == {field.name for field in fields(Need)} - left_out
    assert kept["units"] == {"amount": 5, "unit": "starts"}
