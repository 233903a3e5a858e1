"""Consortia while the choice of an assignment round holds, and what gives way to them."""

from services.matcher.domain.states import State
from tests.integration.matcher.round_steps import run_round
from tests.integration.matcher.town import supplier, the_consortium, town
from tests.integration.matcher.world import World

ONE = {"amount": 1, "unit": "partnerships", "per": "year"}


def test_a_consortium_takes_one_place_of_each_capability_and_not_one_a_supplier(
    world: World,
) -> None:
    run_round(world, per_place=2)
    town(world)
    for name in ("trainers", "money"):
        world.capability(f"{name}-help", "capability.changed", member_id=name, capacity=ONE)
    world.propose()
    together = the_consortium(world).capability_set
    assert world.open_pairs() == {
        ("reading", together),
        ("reading", "money-help"),
        ("reading", "trainers-help"),
    }


def test_what_a_better_consortium_replaces_is_not_counted_against_it(world: World) -> None:
    """The trainers have no room but that of the consortium that leaves: their pair can stay."""
    world.settings_changed(proposals_per_member=2)
    town(world)
    world.capability("money-help", "capability.changed", goals=[], beneficiaries=[])
    world.propose()
    before = the_consortium(world)
    [pair] = [m for m in world.open() if m.capability_set == "trainers-help"]
    supplier(world, "bank", "funding", sector="business")
    world.propose()
    assert the_consortium(world).capability_ids == ("bank-help", "trainers-help")
    assert world.match(before.match_id).state is State.SUPERSEDED
    assert world.match(pair.match_id).state is State.PROPOSED
