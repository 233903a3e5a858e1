"""The index: obvious answers, exact retrieval, and changes that equal a build from nothing."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.index import MatchIndex
from services.matcher.scoring.results import PairState, Scored
from tests.blocks import small_blocks
from tests.worlds import (
    AS_OF,
    World,
    a_capability,
    a_member,
    a_model,
    a_need,
    checkerboard,
    naive_refusals,
    random_world,
)

MODEL = a_model()


def _everything(index: MatchIndex, top: int = 5) -> dict[str, list[Scored]]:
    return index.proposals_for_all(index.need_ids(), top)


@pytest.mark.parametrize("meaning", [True, False])
def test_the_obvious_answer_comes_first(meaning: bool) -> None:
    index = checkerboard().built(a_model(meaning=meaning))
    for need_id, found in _everything(index).items():
        assert found[0].capability_id == need_id.replace("needs", "gives")
        assert found[0].score >= 0.3 > found[1].score


@given(seed=st.integers(0, 10_000), top=st.integers(1, 15))
@settings(max_examples=15, deadline=None)
def test_the_best_are_those_of_scoring_every_pair(seed: int, top: int) -> None:
    world = random_world(seed)
    index = world.built(MODEL)
    for need in world.needs:
        allowed = [one for one in world.capabilities if not naive_refusals(need, one, world)]
        scored = [index.score_of(need.id, one.id) for one in allowed]
        scored.sort(key=lambda one: (-one.score, one.capability_id))
        assert index.proposals_for(need.id, top) == scored[:top]


@given(seed=st.integers(0, 10_000), top=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_blocks_and_single_needs_give_the_same(seed: int, top: int) -> None:
    world = random_world(seed, size=40)
    index = world.built(MODEL)
    one_by_one = {need_id: index.proposals_for(need_id, top) for need_id in index.need_ids()}
    assert _everything(index, top) == one_by_one
    with small_blocks():
        assert _everything(world.built(MODEL), top) == one_by_one


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    world = random_world(seed)
    draw = Random(seed)  # noqa: S311
    arrivals: list[Member | Capability | Need] = [*world.members, *world.capabilities, *world.needs]
    draw.shuffle(arrivals)
    index = MODEL.build([], [], [], AS_OF, world.state)
    for one in arrivals:
        _arrive(index, one)
    assert _everything(index) == _everything(world.built(MODEL))


def _arrive(index: MatchIndex, one: Member | Capability | Need) -> None:
    if isinstance(one, Member):
        index.upsert_member(one)
    elif isinstance(one, Need):
        index.upsert_need(one)
    else:
        index.upsert_capability(one)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_changes_equal_a_build_from_nothing(seed: int) -> None:
    first, second = random_world(seed), random_world(seed + 1)
    index = first.built(MODEL)
    _everything(index)
    draw = Random(seed)  # noqa: S311
    members = {one.id: one for one in first.members}
    capabilities = {one.id: one for one in first.capabilities}
    needs = {one.id: one for one in first.needs}
    for _ in range(12):
        member = draw.choice(second.members)
        capability = draw.choice(second.capabilities)
        need = draw.choice(second.needs)
        match draw.randrange(6):
            case 0:
                index.upsert_member(member)
                members[member.id] = member
            case 1:
                index.upsert_capability(capability)
                capabilities[capability.id] = capability
            case 2:
                index.upsert_need(need)
                needs[need.id] = need
            case 3:
                index.remove_capability(capability.id)
                capabilities.pop(capability.id, None)
            case 4:
                index.remove_need(need.id)
                needs.pop(need.id, None)
            case _:
                index.remove_member(member.id)
                members.pop(member.id, None)
    index.set_state(second.state)
    after = World(
        list(members.values()), list(capabilities.values()), list(needs.values()), second.state
    )
    assert _everything(index) == _everything(after.built(MODEL))


def test_crossed_out_rows_are_packed_away() -> None:
    world = checkerboard()
    index = world.built(MODEL)
    expected = _everything(index)
    for _ in range(100):
        index.upsert_capability(world.capabilities[0])
        index.upsert_need(world.needs[0])
    assert len(index._market.capability_table) < 100
    assert len(index._market.need_table) < 100
    assert _everything(index) == expected


@given(seed=st.integers(0, 10_000), top=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_needs_affected_are_those_whose_list_has_it(seed: int, top: int) -> None:
    index = random_world(seed).built(MODEL)
    lists = _everything(index, top)
    for capability_id in index.capability_ids():
        expected = [
            need_id
            for need_id, found in lists.items()
            if capability_id in [one.capability_id for one in found]
        ]
        assert index.needs_affected_by(capability_id, top) == expected


@given(seed=st.integers(0, 10_000), top=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_needs_near_misses_none_that_is_affected(seed: int, top: int) -> None:
    index = random_world(seed).built(MODEL)
    some = index.capability_ids()[::2]
    affected = {one for name in some for one in index.needs_affected_by(name, top, 0.2)}
    assert affected <= set(index.needs_near(some, top, 0.2))
    assert index.needs_near([], top, 0.2) == []


def test_a_pair_explained_later_says_what_it_would_have_at_once() -> None:
    index = checkerboard().built(MODEL)
    rated = index.rated_for_all(index.need_ids(), 3)
    at_once = index.proposals_for_all(index.need_ids(), 3)
    assert at_once == {name: [index.explained(one) for one in rated[name]] for name in rated}


def test_ties_go_by_id() -> None:
    world = checkerboard()
    twins = [replace(world.capabilities[0], id=name) for name in ("zeta", "alpha", "mid")]
    index = World(world.members, twins, world.needs).built(MODEL)
    found = index.proposals_for("needs-books", 2)
    assert [one.capability_id for one in found] == ["alpha", "mid"]


def test_a_spent_capability_and_a_met_need_are_not_proposed() -> None:
    world = checkerboard()
    index = world.built(MODEL)
    index.set_state(PairState(capacity_left={"gives-books": 0}, places_left={"needs-warm": 0}))
    assert "gives-books" not in [one.capability_id for one in index.proposals_for("needs-books")]
    assert index.proposals_for("needs-warm") == []
    assert index.refusals_for("needs-books")[0].refusal.rule == "no_capacity"
    index.set_state(PairState())
    assert index.proposals_for("needs-books")[0].capability_id == "gives-books"


def test_unknown_ids_are_named() -> None:
    index = checkerboard().built(MODEL)
    with pytest.raises(KeyError, match="no-such-need"):
        index.proposals_for("no-such-need")
    with pytest.raises(KeyError, match="no-such-capability"):
        index.score_of("needs-books", "no-such-capability")


def test_listings_wait_for_their_member() -> None:
    members = [a_member("council", "local_government"), a_member("firm")]
    index = MODEL.build(members[:1], [a_capability("c", "firm")], [a_need("n", "council")], AS_OF)
    assert index.proposals_for("n") == []
    index.upsert_member(members[1])
    assert [one.capability_id for one in index.proposals_for("n")] == ["c"]


def test_of_a_member_given_twice_the_last_one_counts() -> None:
    member = a_member("firm")
    world = World([a_member("council", "local_government"), member],
                  [a_capability("c", "firm")], [a_need("n", "council")])  # fmt: skip
    index = world.built(MODEL)
    index.put(members=[replace(member, status="paused"), member])
    assert [one.capability_id for one in index.proposals_for("n")] == ["c"]
