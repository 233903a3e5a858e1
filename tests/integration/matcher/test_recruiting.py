"""Whom to recruit: a toy world with one obvious answer, worked out again when things change."""

import pytest

from services.matcher.recruit import Recruiting
from services.matcher.store.recruiting import last_recruited
from tests.integration.matcher.world import World

LEEDS, YORK, TENDRING = "E08000035", "E06000014", "E07000076"
YORKSHIRE = "E12000003"


@pytest.fixture(name="toy")
def yorkshire(world: World) -> World:
    """Essex is served by a charity there. Leeds and York ask for the same and nobody comes; Leeds
    asks for money too, which nobody anywhere gives.
    """
    for council, place in (("essex", TENDRING), ("leeds", LEEDS), ("york", YORK)):
        world.member(council, sector="local_government", places=[place])
        world.need(f"reading-{council}", member_id=council, places=[place])
    world.member("readers", sector="charity", places=[TENDRING])
    world.capability("read-along", member_id="readers", delivers_in=[TENDRING])
    words = {
        "title": "Public transport to work",
        "description": "Buses connect people to learning.",
    }
    world.need(
        "buses", member_id="leeds", places=[LEEDS], goals=[11], wants=["funding"],
        beneficiaries=[], material=words, title=words["title"],
    )  # fmt: skip
    world.propose()
    return world


def recruit(world: World) -> bool:
    recruiting = Recruiting(world.database, world.deps, world.clock)
    did = recruiting.run(world.clock.now())
    recruiting.close()
    return did


def found(world: World) -> list[tuple[str, int, str, int, list[str]]]:
    with world.database.read() as connection:
        last = last_recruited(connection)
    assert last is not None
    assert last.found is not None
    assert not last.running
    return [
        (one["sector"], one["goal"], one["region"], one["unlocks"], one["needs"])
        for one in last.found["kinds"]
    ]


def test_a_member_like_the_one_that_serves_elsewhere_is_what_yorkshire_lacks(toy: World) -> None:
    assert {match.need_id for match in toy.open()} == {"reading-essex"}
    assert recruit(toy)

    first, *others = found(toy)
    assert first == ("charity", 1, YORKSHIRE, 2, ["reading-leeds", "reading-york"])
    # For what nobody gives anywhere the goal's own words stand in; no sector is named.
    assert others == [("", 11, YORKSHIRE, 1, ["buses"])]


def test_it_is_worked_out_again_only_when_something_changed_and_time_has_passed(
    toy: World,
) -> None:
    assert recruit(toy)
    toy.clock.advance(seconds=7200)
    assert not recruit(toy)
    toy.capability("read-north", member_id="readers", delivers_in=[YORKSHIRE])
    toy.propose()
    assert recruit(toy)
    assert all("reading" not in need for kind in found(toy) for need in kind[4])
    toy.need("later", member_id="leeds", places=[LEEDS])
    assert not recruit(toy)


def test_the_made_up_is_nowhere_afterwards(toy: World) -> None:
    recruit(toy)
    toy.propose()

    assert {match.need_id for match in toy.open()} == {"reading-essex"}
    assert set(toy.knowledge().index.capability_ids()) == {"read-along"}
