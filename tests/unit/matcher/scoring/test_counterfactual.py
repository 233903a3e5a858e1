"""The smallest change that would make a pair a match: valid when re-run, and none smaller."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matcher.domain.entities import Capacity, Conflict, Member
from services.matcher.scoring.market.rules import RULES
from services.matcher.scoring.reasons.changes import COSTS, Sides, applied, changes_of
from services.matcher.scoring.reasons.conditions import NOTHING, PREDICATES, sentence_of
from services.matcher.scoring.reasons.near import change_for, near_misses, sides_of
from services.matcher.scoring.results import PairState
from tests.worlds import (
    AS_OF,
    ESSEX,
    SCOTLAND,
    TENDRING,
    World,
    a_capability,
    a_member,
    a_model,
    a_need,
    random_world,
)

MODEL = a_model()
LEAST = 0.3
MEMBERS = [
    a_member("essex", "local_government", name="Essex", places=(TENDRING,)),
    a_member("bbc", "public_body", name="The BBC"),
    a_member("leeds", "local_government", name="Leeds"),
]
NEED = a_need("n", "essex", "Reading stories", goals=(1,), wants=("expertise",),
              beneficiaries=("early_years",))  # fmt: skip
OFFER = a_capability("c", "bbc", "Reading stories", goals=(1,), gives=("expertise",),
                     beneficiaries=("early_years",))  # fmt: skip
YESTERDAY, TOMORROW = AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def _told(need: dict[str, Any], offer: dict[str, Any], **world: Any) -> str:
    made = World(world.pop("members", MEMBERS), [replace(OFFER, **offer)],
                 [replace(NEED, **need)], PairState(**world))  # fmt: skip
    index = made.built(MODEL)
    found = change_for(index, "n", "c", LEAST)
    return sentence_of(found, sides_of(index.market, "n", "c"), index.model.explainer.wording)


@pytest.mark.parametrize(
    ("need", "offer", "condition"),
    [
        ({}, {"delivers_in": (SCOTLAND,)}, "The BBC also delivered in Tendring"),
        ({}, {"member_id": "leeds"}, "Essex welcomed partners of its own sector"),
        ({}, {"status": "draft"}, "The BBC published “Reading stories”"),
        ({"status": "paused"}, {}, "Essex published “Reading stories”"),
        ({}, {"confirmed_at": LONG_AGO}, "The BBC confirmed that “Reading stories” still holds"),
        ({}, {"capacity": Capacity(0)}, "The BBC had room for one more"),
        ({"partners": 0}, {}, "Essex looked for one more partner"),
        ({"by": YESTERDAY}, {}, "Essex still wanted this, though its date has passed"),
        ({}, {"available_from": TOMORROW}, "The BBC could begin at once"),
        ({}, {"available_until": YESTERDAY}, "The BBC offered this for longer"),
        ({"strict": ("goals",)}, {"goals": ()}, "The BBC also served goal 1"),
        (
            {"strict": ("wants",), "wants": ()},
            {"gives": ()},
            "Essex accepted other kinds of help too",
        ),
        (
            {"status": "draft"},
            {"delivers_in": (SCOTLAND,)},
            "Essex published “Reading stories” and The BBC also delivered in Tendring",
        ),
        (
            {},
            {"capacity": Capacity(0), "status": "paused"},
            "The BBC had room for one more and published “Reading stories”",
        ),
    ],
)
def test_what_would_make_it_a_match(
    need: dict[str, Any], offer: dict[str, Any], condition: str
) -> None:
    told = _told(need, offer)
    assert told.startswith(f"If {condition}, this would be a "), told


@pytest.mark.parametrize(
    ("need", "offer", "world"),
    [
        ({}, {"member_id": "essex"}, {}),
        ({}, {}, {"cooling": frozenset({("n", "c")})}),
        ({}, {"delivers_in": (SCOTLAND,)}, {"cooling": frozenset({("n", "c")})}),
        ({}, {}, {"conflicts": {"bbc": (Conflict(member="essex"),)}}),
        ({}, {"status": "closed"}, {}),
        ({"status": "withdrawn"}, {}, {}),
        ({}, {}, {"members": [MEMBERS[0], replace(MEMBERS[1], status="withdrawn")]}),
        ({"title": "Harbour", "goals": (9,)}, {"title": "Orchard"}, {}),
    ],
)
def test_what_nobody_can_change_is_not_suggested(
    need: dict[str, Any], offer: dict[str, Any], world: dict[str, Any]
) -> None:
    assert _told(need, offer, **world) == NOTHING


def test_a_paused_member_and_a_match_as_it_is() -> None:
    paused = [MEMBERS[0], replace(MEMBERS[1], status="paused")]
    assert _told({}, {}, members=paused).startswith("If The BBC was no longer paused, this")
    index = World(MEMBERS, [OFFER], [NEED]).built(MODEL)
    assert change_for(index, "n", "c", LEAST) is None, "it needs no change"


def test_every_kind_of_change_has_a_cost_and_words() -> None:
    assert COSTS.keys() == PREDICATES.keys()
    assert min(COSTS.values()) >= 1


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.sampled_from((0.2, 0.3, 0.6)))
def test_it_is_valid_and_no_smaller_one_exists(seed: int, least: float) -> None:
    """Against every combination of up to two changes, each in a whole coalition built anew."""
    world = random_world(seed, size=5)
    index = world.built(MODEL)
    for need_id, capability_id in [("n00", "c01"), ("n02", "c03")]:
        if not (index.ready(need_id) and capability_id in index.capability_ids()):
            continue
        found = change_for(index, need_id, capability_id, least)
        expected = _by_brute_force(world, sides_of(index.market, need_id, capability_id), least)
        got = found and [change.key for change in found.changes]
        assert got == expected
        if found:
            refused, score = _outcome(world, found.sides)
            assert (refused, score) == (None, found.score)
            assert score >= least


def _by_brute_force(world: World, sides: Sides, least: float) -> list[tuple[str, str, str]] | None:
    asked = MODEL.representer.suggester.exchange.asked(sides.capability.requires)
    changes = changes_of(sides, AS_OF, asked)
    best = None
    for count in range(3):
        for some in combinations(changes, count):
            refused, score = _outcome(world, applied(sides, some))
            if refused is None and score >= least:
                cost = sum(change.cost for change in some)
                keys = sorted(change.key for change in some)
                best = min(best, (cost, keys)) if best else (cost, keys)
        if best:
            by_side = sorted(best[1], key=lambda key: key[0] != "need")
            return by_side if count else None
    return None


def _outcome(world: World, sides: Sides) -> tuple[str | None, float]:
    """What rules and scorer say of the pair in the whole coalition after the change."""
    members: dict[str, Member] = {one.id: one for one in world.members}
    members |= {sides.bringing.id: sides.bringing, sides.needing.id: sides.needing}
    state = replace(
        world.state,
        capacity_left={**world.state.capacity_left, sides.capability.id: sides.capacity_left},
        places_left={**world.state.places_left, sides.need.id: sides.places_left},
    )
    changed = replace(
        world,
        members=list(members.values()),
        capabilities=[sides.capability if one.id == sides.capability.id else one
                      for one in world.capabilities],
        needs=[sides.need if one.id == sides.need.id else one for one in world.needs],
        state=state,
    )  # fmt: skip
    index = changed.built(MODEL)
    refused = index.refusal_of(sides.need.id, sides.capability.id)
    return refused.rule if refused else None, index.score_of(
        sides.need.id, sides.capability.id
    ).score


@pytest.mark.parametrize("seed", range(2))
def test_near_misses_name_a_rule_or_a_feature_and_leave_the_index_alone(seed: int) -> None:
    world = random_world(seed, size=6)
    index = world.built(MODEL)
    before = index.proposals_for_all(index.need_ids())
    for need_id in index.need_ids():
        for one in near_misses(index, need_id, LEAST):
            refused = index.refusal_of(need_id, one.capability_id)
            assert (refused.rule if refused else "") == one.rule
            assert one.rule in RULES if one.rule else one.score < LEAST
            assert one.text
            assert (one.change == NOTHING) == (one.found is None)
            assert one.score == index.score_of(need_id, one.capability_id).score
    assert index.proposals_for_all(index.need_ids()) == before


def test_near_misses_do_not_depend_on_who_else_is_asked_for() -> None:
    world = random_world(7, size=6)
    whole, turned = world.built(MODEL), replace(
        world, capabilities=world.capabilities[::-1], needs=world.needs[::-1],
        members=world.members[::-1]).built(MODEL)  # fmt: skip
    told = [[(one.capability_id, one.rule, one.change) for one in near_misses(index, "n03", LEAST)]
            for index in (whole, turned)]  # fmt: skip
    assert told[0] == told[1]


def test_a_place_nobody_knows() -> None:
    """Unknown codes are tried like any other and found useless, not an error."""
    odd = _told({"places": ("X99999999",)}, {"delivers_in": (ESSEX,)})
    assert odd.startswith("If The BBC could do this remotely")
