"""The sample coalition tells its story: the two partnerships of Essex come first."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import services.registry.sample
from services.matcher.domain.entities import capability_from, member_from, need_from
from services.matcher.scoring.index import MatchIndex, Model, load_model

SAMPLE = Path(services.registry.sample.__path__[0]) / "coalition.jsonl"
DAY = date(2026, 12, 1)
BBC_NEED, BBC = "tendring-reading-before-school", "bbc-first-words"
UKPN_NEED = "essex-apprenticeships-priority-places"
UKPN = "ukpn-apprentices-from-priority-places"


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]


def _index(model: Model, objects: list[dict[str, Any]]) -> MatchIndex:
    def of(kind: str) -> list[dict[str, Any]]:
        return [entry for entry in objects if entry["kind"] == kind]

    return model.build(
        map(member_from, of("member")),
        map(capability_from, of("capability")),
        map(need_from, of("need")),
        DAY,
    )


@pytest.mark.parametrize("semantic", [True, False])
@pytest.mark.parametrize(("need", "capability"), [(BBC_NEED, BBC), (UKPN_NEED, UKPN)])
def test_the_two_partnerships_of_the_story_come_first(
    objects: list[dict[str, Any]], need: str, capability: str, semantic: bool
) -> None:
    found = _index(load_model(semantic=semantic), objects).proposals_for(need)
    assert found[0].capability_id == capability
    assert found[0].score >= 0.7
    others = [one for one in found[1:] if one.score >= 0.3]
    assert len(others) >= 3, "the right answer must not be the only one"


def test_the_same_apprenticeships_are_not_offered_to_cardiff(
    model: Model, objects: list[dict[str, Any]]
) -> None:
    refused = {
        one.capability_id: one.refusal
        for one in _index(model, objects).refusals_for("cardiff-estates-apprentices")
    }
    assert refused[UKPN].rule == "no_common_place"
    assert refused[UKPN].text == (
        "UK Power Networks offers this in the East of England, London and the South East, "
        "which does not include Cardiff."
    )


def test_the_golden_ranks(model: Model, objects: list[dict[str, Any]]) -> None:
    """What comes first for every need; a change here changes what a newcomer sees."""
    index = _index(model, objects)
    lists = index.proposals_for_all(index.need_ids(), 1)
    assert {need: found[0].capability_id for need, found in lists.items()} == GOLDEN


def test_every_member_can_be_asked_and_nobody_is_real(objects: list[dict[str, Any]]) -> None:
    members = {entry["id"] for entry in objects if entry["kind"] == "member"}
    contacts = [entry for entry in objects if entry["kind"] == "contact"]
    assert {entry["member"] for entry in contacts if entry["main"]} == members
    assert all(entry["email"].endswith(".example") for entry in contacts)
    assert all(entry["role"] for entry in contacts)
    assert len(members) >= 25
    assert sum(entry["kind"] == "capability" for entry in objects) >= 45
    assert sum(entry["kind"] == "need" for entry in objects) >= 25


GOLDEN = {
    "belfast-first-businesses": "quayside-startup-mentors",
    "belfast-learning-to-code": "quayside-coding-evenings",
    "blackpool-toddlers-talk": "kindling-parent-groups",
    "blackpool-young-people-first-job": "first-rung-coaches",
    "canvey-care-leavers-homes": "seawall-first-tenancies",
    "cardiff-estates-apprentices": "bbc-production-apprenticeships",
    "cardiff-pupils-meet-engineers": "site-engineers-school-visits",
    "colchester-girls-engineering": "ukpn-engineers-in-classrooms",
    "eastern-shore-homes-for-study": "seawall-community-rooms",
    "essex-apprenticeships-priority-places": "ukpn-apprentices-from-priority-places",
    "essex-coast-families-offline": "rewire-laptops",
    "essex-new-towns-early-talk": "bbc-first-words",
    "estuary-finding-local-recruits": "first-rung-traineeship-brokerage",
    "estuary-patients-cold-homes": "ukpn-warm-and-safe-visits",
    "glasgow-residents-online": "rewire-digital-champions",
    "harlow-small-firms-first-apprentice": "stag-lane-levy-gift",
    "haven-ports-employers-for-workshops": "ukpn-apprentices-from-priority-places",
    "hull-builders-retrofit": "warmer-street-retrofit-training",
    "hull-cold-homes": "warmer-street-home-energy",
    "kindling-devices-for-parents": "bbc-first-words",
    "seawall-tenants-saving": "pennywise-fair-loans",
    "stoke-adults-maths": "midland-gate-maths-hub",
    "stoke-market-traders": "midland-gate-enterprise-clinic",
    "tendring-reading-before-school": "bbc-first-words",
    "tidewater-careers-mentors": "bp-mentors-for-stem",
    "tidewater-struggling-readers": "story-chair-reading-buddies",
    "yarmouth-meals-together": "harbour-foods-surplus",
    "yarmouth-seafront-skills": "harbour-foods-shift-apprentices",
}
