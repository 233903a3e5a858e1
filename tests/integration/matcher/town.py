"""A council, and members that answer its need only together."""

from typing import Any

from services.matcher.domain.matches import Match
from tests.integration.matcher.world import World

BOTH = ["expertise", "funding"]


def town(world: World, *, wants: list[str] = BOTH, **need: Any) -> None:
    """A council whose need one member has the people for and another the money."""
    world.member("essex", sector="local_government", name="Essex County Council")
    supplier(world, "trainers", "expertise")
    supplier(world, "money", "funding")
    world.need("reading", wants=wants, **need)


def supplier(world: World, name: str, *gives: str, **fields: Any) -> None:
    world.member(name, sector=fields.pop("sector", "charity"))
    world.capability(f"{name}-help", member_id=name, gives=list(gives), **fields)


def consortia(world: World) -> list[Match]:
    return [match for match in world.open() if match.consortium]


def the_consortium(world: World) -> Match:
    [found] = consortia(world)
    return found


def asked(world: World) -> Match:
    match = world.approve(the_consortium(world).match_id)
    world.tick(seconds=world.settings.grace_seconds)
    world.sent(match, "essex")
    world.answer(match, "essex", "yes")
    for member in match.bringing_member_ids:
        world.sent(match, member)
    return world.match(match.match_id)
