"""A repeatable coalition of many needs and suppliers."""

import random
from typing import Any

from tests.integration.matcher.world import World

WORDS = {
    "books": "Reading with children before school, in families with few books at home.",
    "songs": "Songs and rhymes with children before school, with families at home.",
    "bridges": "Apprenticeships for young people who want to build bridges and roads.",
    "cables": "Apprenticeships for young people in electricity networks and cables.",
    "maths": "Mathematics lessons with volunteers for children in primary schools.",
}


def text(words: str) -> dict[str, Any]:
    body = WORDS[words]
    return {"title": words, "description": body, "material": {"title": words, "description": body}}


def market(world: World, *, needs: int, suppliers: int, seed: int = 1) -> None:
    draw = random.Random(seed)  # noqa: S311 - a repeatable coalition
    kinds = sorted(WORDS)
    world.member("essex", sector="local_government")
    for number in range(suppliers):
        world.member(f"s{number}", sector=draw.choice(["business", "charity", "public_body"]))
        for extra in range(draw.randint(1, 2)):
            world.capability(
                f"s{number}-c{extra}",
                member_id=f"s{number}",
                goals=[draw.randint(1, 3)],
                **text(draw.choice(kinds)),
            )
    for number in range(needs):
        world.need(f"n{number}", goals=[draw.randint(1, 3)], **text(draw.choice(kinds)))
