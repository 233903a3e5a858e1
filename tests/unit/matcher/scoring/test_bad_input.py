"""Odd but lawful listings: each has a defined result and never stops anything."""

import pytest

from services.matcher.domain.entities import Capacity
from tests.worlds import AS_OF, World, a_capability, a_member, a_model, a_need

MODEL = a_model()
LONG = "nursery stories " * 6_250
TITLES = [
    "",
    " ",
    "the of and",
    "?",
    "лето и книги",
    "保育園の読み聞かせ",
    "a",
    LONG,
    "x" * 100_000,
    "\x00\ud83d",
    "🙂",
]


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_any_text_gets_a_score_with_its_parts(title: str) -> None:
    world = _pair(title)
    found = world.built(MODEL).proposals_for("n")
    assert len(found) == 1
    assert 0 <= found[0].score <= 1
    total = sum(round(reason.contribution * 10_000) for reason in found[0].reasons)
    assert total == round(found[0].score * 10_000)
    assert all(reason.text for reason in found[0].reasons)


def _pair(title: str) -> World:
    return World(
        [a_member("council", "local_government", places=()), a_member("firm", places=())],
        [a_capability("c", "firm", title)],
        [a_need("n", "council", title)],
    )


def test_free_text_alone_separates_good_from_bad() -> None:
    world = _pair("Stories and books for toddlers at nursery")
    other = a_capability("d", "firm", "Pensions advice for factory engineers")
    index = World(world.members, [*world.capabilities, other], world.needs).built(MODEL)
    good, bad = index.proposals_for("n")
    assert (good.capability_id, bad.capability_id) == ("c", "d")
    assert good.score >= 0.3 > bad.score


def test_an_empty_coalition_and_a_single_member() -> None:
    assert MODEL.build([], [], [], AS_OF).need_ids() == []
    alone = World([a_member("council", "local_government")], [], [a_need("n", "council")])
    index = alone.built(MODEL)
    assert index.proposals_for("n") == []
    assert index.refusals_for("n") == []
    assert index.proposals_for_all([]) == {}


@pytest.mark.parametrize(("amount", "proposed"), [(0, 0), (-3, 0), (1, 1), (10**30, 1)])
def test_any_capacity(amount: int, proposed: int) -> None:
    world = _pair("Books")
    offered = a_capability("c", "firm", "Books", capacity=Capacity(amount))
    index = World(world.members, [offered], world.needs).built(MODEL)
    assert len(index.proposals_for("n")) == proposed


def test_goals_and_groups_outside_every_list_tell_nothing() -> None:
    world = _pair("Books")
    odd = a_capability(
        "c",
        "firm",
        "Books",
        goals=(0, -1, 99, 10**12),
        beneficiaries=("martians",),
        gives=("hope",),
    )
    index = World(world.members, [odd], world.needs).built(MODEL)
    assert {"goals", "beneficiaries", "help"}.isdisjoint(index.proposals_for("n")[0].features)
