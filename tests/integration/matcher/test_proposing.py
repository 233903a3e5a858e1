"""Which proposals are open: the best ones, so many a need and so many a supplier."""

import pytest

from services.matcher.domain.states import State
from services.matcher.hold import hold_match
from services.matcher.review import reject_match, view_match
from shared.contracts.envelope import wire_time
from tests.integration.matcher.market import market
from tests.integration.matcher.world import World


def test_at_most_three_proposals_a_need_and_the_best_ones(world: World) -> None:
    market(world, needs=1, suppliers=9)
    world.propose()
    found = world.open()
    assert len(found) == 3
    index = world.knowledge().index
    best = [one.capability_id for one in index.proposals_for("n0", 3)]
    assert sorted(match.capability_set for match in found) == sorted(best)


def test_a_need_that_comes_first_gets_its_proposals_when_capabilities_come(world: World) -> None:
    world.member("essex", sector="local_government")
    world.need("reading")
    world.propose()
    assert world.open() == []
    world.member("bbc", sector="public_body")
    world.capability("first-words")
    world.propose()
    assert world.open_pairs() == {("reading", "first-words")}


def test_a_better_capability_supersedes_the_worst_and_is_named(world: World) -> None:
    world.settings_changed(proposals_per_need=1)
    world.story()
    world.capability("first-words", "capability.changed", goals=[], gives=[], beneficiaries=[])
    world.propose()
    first = world.proposed()
    world.member("other", sector="charity")
    world.capability("better", member_id="other")
    world.propose()
    now = world.proposed()
    assert now.capability_ids == ("better",)
    before = world.match(first.match_id)
    assert before.state is State.SUPERSEDED
    assert before.superseded_by == now.match_id
    assert before.ending is not None
    assert before.ending.code == "better_found"


@pytest.mark.parametrize("keep", ["viewed", "held"])
def test_what_a_coordinator_looks_at_is_not_superseded(world: World, keep: str) -> None:
    world.settings_changed(proposals_per_need=1)
    world.story()
    world.capability("first-words", "capability.changed", goals=[], gives=[], beneficiaries=[])
    world.propose()
    first = world.proposed()
    if keep == "viewed":
        world.do(view_match, first.match_id)
    else:
        world.do(hold_match, first.match_id, code="other")
    world.member("other", sector="charity")
    world.capability("better", member_id="other")
    world.propose()
    assert world.match(first.match_id).state is State.PROPOSED


def test_a_need_with_no_place_left_supersedes_its_other_proposals(world: World) -> None:
    world.story()
    world.capability("second-words")
    world.propose()
    first, other = sorted(world.open(), key=lambda match: match.capability_set)
    world.approve(first.match_id)
    world.propose()
    after = world.match(other.match_id)
    assert after.state is State.SUPERSEDED
    assert after.ending is not None
    assert after.ending.code == "no_place_left"
    assert after.superseded_by == first.match_id


def test_a_place_that_is_free_again_is_proposed_for_again(world: World) -> None:
    world.story()
    world.capability("second-words")
    world.propose()
    first, other = sorted(world.open(), key=lambda match: match.capability_set)
    approved = world.approve(first.match_id)
    world.propose()
    world.tick(seconds=world.settings.grace_seconds)
    for party in approved.parties:
        world.sent(approved, party.member_id)
    world.answer(approved, "bbc", "no", reason_code="no_capacity")
    world.propose()
    assert world.proposed().previous_match_id == other.match_id


def test_spent_capacity_ends_other_proposals_and_its_return_brings_them_back(world: World) -> None:
    world.story()
    world.need("second")
    world.propose()
    assert len(world.open()) == 2
    first, other = sorted(world.open(), key=lambda match: match.need_id)
    approved = world.approve(first.match_id)
    world.propose()
    after = world.match(other.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "no_capacity"
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(approved, "bbc")
    world.answer(approved, "essex", "no", reason_code="not_relevant")
    world.propose()
    assert (other.need_id, "first-words") in world.open_pairs()


def test_a_supplier_is_offered_only_as_often_as_allowed_and_where_it_fits_best(
    world: World,
) -> None:
    world.settings_changed(proposals_per_member=2)
    world.member("essex", sector="local_government")
    world.member("bbc", sector="public_body")
    world.capability("first-words", capacity={"amount": 100})
    for number in range(5):
        world.need(f"n{number}", goals=[1] if number >= 3 else [2])
        world.propose()
    assert world.open_pairs() == {("n3", "first-words"), ("n4", "first-words")}
    worst = next(match for match in world.open() if match.need_id == "n3")
    world.do(reject_match, worst.match_id, reason_code="other")
    world.propose()
    assert len(world.open_pairs()) == 2


def test_warnings_are_told_and_refuse_nothing(world: World) -> None:
    world.story()
    world.capability("first-words", "capability.changed", terms="paid")
    world.propose()
    assert world.proposed().warnings == ("may_need_procurement",)


def test_what_a_match_says_is_what_was_scored(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    scored = world.knowledge().index.score_of("reading", "first-words")
    assert match.score == scored.score
    assert match.features == scored.features
    assert match.need["place_names"] == ["Tendring"]
    assert wire_time(match.proposed_at).endswith("Z")
