"""Changes of every kind equal a build from nothing, in blocks or one by one; odd markets have an
answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.matcher.domain.entities import Capacity, Conflict
from services.matcher.scoring.index import MatchIndex, Model
from services.matcher.scoring.results import PairState
from services.matcher.scoring.retrieval.best import MARGIN, nothing_yet, take, tighten_all
from shared.reference.places import Places
from tests.blocks import small_blocks
from tests.worlds import (
    AS_OF,
    TENDRING,
    WordVectors,
    World,
    a_capability,
    a_member,
    a_model,
    a_need,
    checkerboard,
    random_world,
)

MODEL = a_model()
Lists = dict[str, list[tuple[str, float]]]


def lists_of(index: MatchIndex, top: int = 4) -> Lists:
    found = index.rated_for_all(index.need_ids(), top)
    return {name: [(one.capability_id, one.score) for one in found[name]] for name in found}


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_what_happens_equals_a_build_from_nothing(seed: int) -> None:
    """Capacity, partner places, cooling off, load, conflicts, dates and members, in any order."""
    world, other = random_world(seed), random_world(seed + 1)
    index = world.built(MODEL)
    draw = Random(seed)  # noqa: S311 - a toy world, not a secret
    members = {one.id: one for one in world.members}
    state, day = world.state, AS_OF
    for _ in range(10):
        lists_of(index)
        match draw.randrange(6):
            case 0:
                state = replace(state, capacity_left=other.state.capacity_left)
            case 1:
                state = replace(state, cooling=other.state.cooling)
            case 2:
                state = replace(state, load={one: draw.randrange(4) for one in members})
            case 3:
                state = replace(state, conflicts=_some_conflicts(draw, list(members)))
            case 4:
                day += timedelta(days=draw.randrange(1, 200))
            case _:
                one = draw.choice(other.members)
                members[one.id] = one
                index.upsert_member(one)
        index.set_state(state)
        index.set_as_of(day)
    after = World(list(members.values()), world.capabilities, world.needs, state)
    assert lists_of(index) == lists_of(after.built(MODEL, day))
    with small_blocks():
        assert lists_of(index) == lists_of(after.built(MODEL, day))


def _some_conflicts(draw: Random, ids: list[str]) -> dict[str, tuple[Conflict, ...]]:
    return {draw.choice(ids): (Conflict(member=draw.choice(ids)),) for _ in range(2)}


@given(seed=st.integers(0, 10_000), top=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_no_list_that_changes_is_left_out(seed: int, top: int) -> None:
    """Lists made before say who a newcomer may reach; whatever happened since, none is missed."""
    world, other = random_world(seed, size=16), random_world(seed + 1, size=16)
    index = world.built(MODEL)
    draw = Random(seed)  # noqa: S311 - a toy world, not a secret
    for _ in range(6):
        lists_of(index, top)
        match draw.randrange(3):
            case 0:
                index.set_state(other.state)
            case 1:
                index.upsert_member(draw.choice(other.members))
            case _:
                index.remove_capability(draw.choice(other.capabilities).id)
        came = draw.choice(other.capabilities)
        between = lists_of(index, top) if draw.random() < 0.5 else None
        index.upsert_capability(came)
        named = set(index.needs_near([came.id], top, 0.0)) if index_has(index, came.id) else set()
        after = lists_of(index, top)
        stands = {need for need, found in after.items() if came.id in dict(found)}
        assert stands <= named
        if between is not None:
            changed = {need for need in after if after[need] != between[need]}
            assert changed <= named | {n for n, found in between.items() if came.id in dict(found)}


def index_has(index: MatchIndex, capability_id: str) -> bool:
    return capability_id in index.capability_ids()


def test_lists_that_a_newcomer_cannot_enter_are_left_alone() -> None:
    world = checkerboard()
    index = world.built(MODEL)
    lists_of(index, 1)
    weak = a_capability("weak", "giver-warm", "Something about books, perhaps")
    index.upsert_capability(weak)
    assert index.needs_near(["weak"], 1, 0.0) == []
    twin = replace(world.capabilities[0], id="a-twin")
    index.upsert_capability(twin)
    assert index.needs_near(["a-twin"], 1, 0.0) == ["needs-books"]


def test_many_newcomers_are_asked_in_blocks_with_the_same_answer() -> None:
    index = random_world(3, size=60).built(MODEL)
    lists_of(index, 2)
    every = index.capability_ids()
    one_by_one = {need for name in every for need in index.needs_near([name], 2, 0.1)}
    assert set(index.needs_near(every, 2, 0.1)) == one_by_one


@pytest.mark.parametrize("in_blocks", [False, True])
def test_equals_beyond_any_room_go_by_id(in_blocks: bool) -> None:
    members = [a_member("council", "local_government"), a_member("firm")]
    twins = [a_capability(f"c{number:04}", "firm") for number in range(700)]
    needs = [a_need(f"n{number:02}", "council") for number in range(30)]
    index = World(members, twins[::-1], needs).built(MODEL)
    asked = needs if in_blocks else needs[:1]
    for found in index.rated_for_all([one.id for one in asked], 5).values():
        assert [one.capability_id for one in found] == [f"c{number:04}" for number in range(5)]


@pytest.mark.parametrize("newcomers", [1, 30, 90])
def test_needs_near_equals_beyond_any_room_are_named(newcomers: int) -> None:
    members = [a_member("council", "local_government"), a_member("firm")]
    twins = [a_capability(f"c{number:02}", "firm") for number in range(newcomers)]
    needs = [a_need(f"n{number:02}", "council") for number in range(30)]
    index = World(members, twins, needs).built(MODEL)
    assert index.needs_near(index.capability_ids(), 5, 0.3) == index.need_ids()


def test_a_threshold_lets_go_of_nothing_within_its_margin() -> None:
    best = nothing_yet(1, 2, np.array([-np.inf]))
    odds = np.linspace(-3, 0, 500)
    for row, value in enumerate(odds.tolist()):
        take(best, 0, row, value)
    tighten_all(best)
    probability = 1 / (1 + np.exp(-odds))
    within = np.flatnonzero(probability >= np.sort(probability)[-2] - MARGIN / 2)
    assert set(within) <= set(best.rows[0, : best.held[0]])
    assert best.held[0] < 10


def _world(**changes: Any) -> World:
    """One council in need, one firm."""
    members = [a_member("council", "local_government"), a_member("firm", **changes)]
    return World(members, [a_capability("c", "firm")], [a_need("n", "council")])


@pytest.mark.parametrize("amount", [0, -5, 1_000_000, 10**18])
def test_any_capacity_has_an_answer(amount: int) -> None:
    world = _world()
    offered = [replace(world.capabilities[0], capacity=Capacity(amount))]
    index = replace(world, capabilities=offered).built(MODEL)
    assert len(index.proposals_for("n")) == (1 if amount > 0 else 0)


def test_markets_of_one_side_or_nobody_are_empty() -> None:
    world = _world()
    assert lists_of(MODEL.build([], [], [], AS_OF)) == {}
    assert lists_of(replace(world, capabilities=[]).built(MODEL)) == {"n": []}
    alone = World(world.members[:1], [a_capability("c", "council")], [a_need("n", "council")])
    assert lists_of(alone.built(MODEL)) == {"n": []}
    assert replace(world, needs=[]).built(MODEL).needs_near(["c"], 5, 0.0) == []


def test_rules_that_contradict_each_other_refuse() -> None:
    world = _world(conflicts=(Conflict(sector="local_government"),))
    asked = [replace(world.needs[0], strict=("goals", "wants"), by=date(2020, 1, 1))]
    offered = [
        replace(world.capabilities[0], available_from=AS_OF, available_until=date(2020, 1, 1))
    ]
    index = replace(world, needs=asked, capabilities=offered).built(MODEL)
    assert index.proposals_for("n") == []
    assert index.refusals_for("n")[0].refusal.rule == "conflict"


@pytest.mark.parametrize("in_blocks", [False, True])
def test_needs_whose_every_pair_is_refused_have_empty_lists(in_blocks: bool) -> None:
    members = [a_member("council", "local_government", places=(TENDRING,)),
               a_member("firm", places=("E08000035",))]  # fmt: skip
    needs = [a_need(f"n{number}", "council") for number in range(40 if in_blocks else 2)]
    index = World(members, [a_capability("c", "firm")], needs).built(MODEL)
    assert lists_of(index) == {need.id: [] for need in needs}


class Broken(WordVectors):
    """A sentence model whose arithmetic fails for some texts."""

    def transform(self, texts: Iterable[str]) -> NDArray[np.float32]:
        asked = list(texts)
        rows = super().transform(asked)
        rows[["stories" in text.lower() for text in asked]] = np.nan
        return rows


def test_a_vector_that_is_no_number_counts_as_unknown() -> None:
    index = checkerboard().built(Model(Places.load(), Broken()))
    found = index.proposals_for("needs-books")
    assert found[0].capability_id == "gives-books"
    assert "meaning" not in found[0].features
    assert all(np.isfinite(one.score) for name in index.need_ids()
               for one in index.proposals_for(name))  # fmt: skip


def test_a_load_below_nothing_counts_as_none() -> None:
    index = _world().built(MODEL)
    score = index.proposals_for("n")[0].score
    index.set_state(PairState(load={"firm": -3}))
    assert index.proposals_for("n")[0].score == score
