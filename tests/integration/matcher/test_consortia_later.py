"""A consortium after it was proposed: reserved, asked, answered; a no from one; another round."""

import random
from typing import Any

import pytest

from services.matcher.again import open_new_round, score_again
from services.matcher.domain.states import State
from services.matcher.explaining.replay import replay_match
from services.matcher.review import reject_match, undo_approval
from services.matcher.store.learning import training_rows_of
from services.matcher.store.memory import memory_of
from services.matcher.store.reservations import reservations_of
from shared.contracts.envelope import wire_time
from tests.integration.matcher.town import asked, consortia, supplier, the_consortium, town
from tests.integration.matcher.world import World


def test_approval_reserves_of_every_supplier_and_undoing_gives_it_back(world: World) -> None:
    town(world)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    with world.database.read() as connection:
        held = {
            (one.kind, one.key): one.status for one in reservations_of(connection, match.match_id)
        }
    assert held == {
        ("places", "reading"): "reserved",
        ("capacity", "money-help"): "reserved",
        ("capacity", "trainers-help"): "reserved",
        ("exposure", "money"): "reserved",
        ("exposure", "trainers"): "reserved",
    }
    world.do(undo_approval, match.match_id)
    with world.database.read() as connection:
        again = reservations_of(connection, match.match_id)
    assert {one.status for one in again} == {"released"}


def test_with_places_left_its_suppliers_are_not_proposed_a_second_time(world: World) -> None:
    town(world, partners=2)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.propose()
    assert world.open_pairs() == {("reading", match.capability_set)}


def test_the_needing_side_is_asked_first_and_all_yeses_agree(world: World) -> None:
    town(world)
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    assert world.match(match.match_id).state is State.ASKED
    for member in ("essex", "money", "trainers"):
        assert world.match(match.match_id).state is State.ASKED
        world.answer(match, member, "yes")
        world.tick(seconds=world.settings.grace_seconds)
    agreed = world.match(match.match_id)
    assert agreed.state is State.AGREED
    world.introduced(agreed)
    assert world.match(match.match_id).state is State.INTRODUCED
    with world.database.read() as connection:
        rows = {row.source: row.features for row in training_rows_of(connection, match.match_id)}
    assert agreed.consortium is not None
    pair = agreed.consortium["pairs"]["money-help"]["features"]
    assert rows[f"answer:{match.match_id}:money-help"] == pair


def test_a_no_from_one_opens_its_role_again_and_keeps_the_other_yes(world: World) -> None:
    town(world)
    world.propose()
    first = asked(world)
    world.answer(first, "trainers", "yes")
    world.answer(first, "money", "no", reason_code="no_capacity")
    assert world.match(first.match_id).state is State.DECLINED
    world.propose()
    assert consortia(world) == [], "nobody else has money"
    assert ("reading", "money-help") not in world.open_pairs(), "it said no"
    supplier(world, "bank", "funding", sector="business", beneficiaries=[])
    supplier(world, "coaches", "expertise", sector="business")
    world.propose()
    now = the_consortium(world)
    assert now.capability_ids == ("bank-help", "trainers-help"), "the trainers had said yes"
    assert (now.previous_match_id, now.opened_by) == (first.match_id, "role_reopened")
    before = {party.member_id: now.said_yes_before(party) for party in now.parties}
    assert before == {"essex": True, "bank": False, "trainers": True}
    assert all(party.answer is None for party in now.parties), "they confirm"


def test_a_pair_that_a_coordinator_rejected_meanwhile_cools_for_as_long_as_that(
    world: World,
) -> None:
    town(world)
    world.propose()
    [pair] = [m for m in world.open() if m.capability_set == "money-help"]
    match = world.approve(the_consortium(world).match_id)
    rejected = world.do(reject_match, pair.match_id, reason_code="not_relevant")
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "essex", "yes")
    world.sent(match, "money")
    world.answer(match, "money", "no", reason_code="no_capacity")
    assert world.match(match.match_id).state is State.DECLINED
    with world.database.read() as connection:
        memory = memory_of(connection, "reading", "money-help")
    assert memory is not None
    assert (memory.code, memory.last_match_id) == ("not_relevant", pair.match_id)
    assert memory.cooling_until == rejected.ending.cooling_off_until


def test_a_no_of_the_needing_side_keeps_nobody(world: World) -> None:
    town(world)
    supplier(world, "bank", "funding", sector="business", beneficiaries=[])
    world.propose()
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "essex", "no", reason_code="not_relevant")
    world.propose()
    assert the_consortium(world).opened_by == "first"


def test_who_is_silent_does_not_come_again_and_who_said_yes_stays(world: World) -> None:
    town(world)
    world.propose()
    first = asked(world)
    world.answer(first, "trainers", "yes")
    world.tick(days=world.settings.approach_days + 1)
    assert world.match(first.match_id).state is State.LAPSED
    supplier(world, "bank", "funding", published_at=wire_time(world.clock.now()))
    world.propose()
    now = the_consortium(world)
    assert now.capability_ids == ("bank-help", "trainers-help")
    assert now.opened_by == "role_reopened"


@pytest.mark.parametrize("seed", range(3))
def test_what_is_open_does_not_depend_on_the_order_of_events(world: World, seed: int) -> None:
    """Also under a cap that forces needs to give way to each other."""
    world.settings_changed(proposals_per_member=2)
    draw = random.Random(seed)  # noqa: S311 - a repeatable coalition
    tellings = [_telling(world, n) for n in range(14)]
    world.member("essex", sector="local_government")
    draw.shuffle(tellings)
    for number, tell in enumerate(tellings):
        tell()
        if number % (seed + 2) == 0:
            world.propose()
    world.propose()
    found = {(m.need_id, m.capability_set) for m in world.open()}
    assert found == _AT_REST.setdefault("pairs", found)
    assert any("\n" in together for _, together in found)


_AT_REST: dict[str, set[tuple[str, str]]] = {}


def _telling(world: World, number: int) -> Any:
    draw = random.Random(f"listing {number}")  # noqa: S311 - a repeatable coalition
    goals = draw.sample([1, 2, 3], draw.randint(0, 2))
    if number < 5:
        wants = draw.sample(["expertise", "funding", "venue"], 2)
        return lambda: world.need(f"n{number}", wants=wants, goals=goals)
    gives = draw.choice(["expertise", "funding", "venue"])
    return lambda: supplier(world, f"s{number}", gives, goals=goals)


def test_it_is_made_again_byte_for_byte(world: World) -> None:
    town(world, wants=["expertise", "reach"])
    supplier(world, "radio", "reach", goals=[])
    world.propose()
    match = the_consortium(world)
    with world.database.read() as connection:
        found = replay_match(connection, lambda _, __: world.deps.model, match.match_id)
    assert (found.outcome, found.text) == ("same", "")


def test_a_coordinator_proposes_one_again_that_had_ended(world: World) -> None:
    town(world)
    world.propose()
    first = the_consortium(world)
    world.do(reject_match, first.match_id, reason_code="other")
    today = world.clock.now().date()
    scored = score_again(world.database, world.deps, first.match_id, today)
    again = world.do(open_new_round, world.deps, first.match_id, scored)
    assert (again.round, again.opened_by) == (2, "coordinator")
    assert again.previous_match_id == first.match_id
    same = ("capability_ids", "parties", "score", "features", "reasons", "consortium", "ask_order")
    assert {name: getattr(again, name) for name in same} == {
        name: getattr(first, name) for name in same
    }


def test_what_went_before_an_update_has_no_consortium_and_stands(world: World) -> None:
    world.story()
    world.propose()
    pair = world.proposed()
    assert pair.consortium is None
    assert pair.convenes is None
    assert [pair.covers(party) for party in pair.parties] == [[], []]
    assert pair.features_of(pair.parties[1]) == pair.features
