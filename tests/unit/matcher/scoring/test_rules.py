"""The vectorised hard rules say of every pair what the naive ones say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.entities import Capability, Conflict, Need
from services.matcher.scoring.market.rules import BIT, RULES
from tests.worlds import (
    AS_OF,
    ESSEX,
    LEEDS,
    SCOTLAND,
    TENDRING,
    World,
    a_capability,
    a_member,
    a_model,
    a_need,
    naive_refusals,
    random_world,
)

MODEL = a_model()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_every_pair_breaks_the_rules_it_breaks_by_hand(seed: int) -> None:
    world = random_world(seed)
    market = world.built(MODEL)._market
    rows = np.arange(len(market.need_table))
    _, bits = MODEL.retriever.estimates(market, rows)
    for need in world.needs:
        for one in world.capabilities:
            found = int(
                bits[market.need_table.row_of[need.id], market.capability_table.row_of[one.id]]
            )
            broken = {rule for rule in RULES if found & int(BIT[rule])}
            assert broken == naive_refusals(need, one, world), (need, one)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_no_refused_pair_is_ever_proposed(seed: int) -> None:
    world = random_world(seed)
    index = world.built(MODEL)
    offered = {one.id: one for one in world.capabilities}
    for need in world.needs:
        allowed = {one.id for one in world.capabilities if not naive_refusals(need, one, world)}
        proposed = [one.capability_id for one in index.proposals_for(need.id, top=50)]
        assert set(proposed) == allowed
        for one in index.refusals_for(need.id, top=50):
            named = naive_refusals(need, offered[one.capability_id], world)
            assert one.refusal.rule in named
            assert one.refusal.text


def _refused(need: Need, capability: Capability) -> str | None:
    members = [a_member("council", "local_government"), a_member("firm")]
    index = World(members, [capability], [need]).built(MODEL, AS_OF)
    refusal = index.refusal_of(need.id, capability.id)
    return refusal.rule if refusal else None


@pytest.mark.parametrize(
    ("places", "delivers_in", "mode", "rule"),
    [
        ((TENDRING,), (ESSEX,), "in_person", None),
        ((ESSEX,), ("E12000006",), "either", None),
        ((TENDRING,), (SCOTLAND,), "either", "no_common_place"),
        ((TENDRING,), (SCOTLAND,), "remote", None),
        ((LEEDS,), (ESSEX,), "in_person", "no_common_place"),
        (("E06000033",), (ESSEX,), "in_person", "no_common_place"),
        (("no-such-code",), ("no-such-code",), "in_person", "no_common_place"),
        (("no-such-code",), (ESSEX,), "in_person", "no_common_place"),
    ],
)
def test_place(
    places: tuple[str, ...], delivers_in: tuple[str, ...], mode: str, rule: str | None
) -> None:
    need = a_need("n", "council", places=places)
    assert _refused(need, a_capability("c", "firm", delivers_in=delivers_in, mode=mode)) == rule


def test_a_conflict_says_no_more_than_that() -> None:
    members = [a_member("council", "local_government"), a_member("firm")]
    world = World(members, [a_capability("c", "firm")], [a_need("n", "council")])
    index = world.built(MODEL)
    assert index.refusal_of("n", "c") is None
    index.upsert_member(
        a_member("firm", "business", conflicts=(Conflict(member="council", code="live_tender"),))
    )
    refusal = index.refusal_of("n", "c")
    assert refusal is not None
    assert refusal.rule == "conflict"
    assert "tender" not in refusal.text.lower()
