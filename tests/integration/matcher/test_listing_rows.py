"""What texts came to is kept beside the listings, so that the next worker reads none of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from services.matcher.proposing.knowledge import Knowledge
from services.matcher.scoring.text.profiles import Profile
from services.matcher.scoring.text.represent import Representer
from services.matcher.store.listing_rows import Whose, put_rows, rows_of
from tests.integration.matcher.world import World

LISTINGS = [("capability", "first-words"), ("need", "reading"), ("need", "second")]


def _rows(world: World) -> dict[Whose, bytes]:
    with world.database.read() as connection:
        return rows_of(connection, LISTINGS)


def _told(world: World) -> None:
    world.story()
    world.need("second", title="Laptops for families")
    world.propose()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Profile]:
    """The texts that were read."""
    seen: list[Profile] = []
    really = Representer._read

    def reading(self: Representer, profiles: Sequence[Profile]) -> Any:
        seen.extend(profiles)
        return really(self, profiles)

    monkeypatch.setattr(Representer, "_read", reading)
    return seen


def test_a_worker_that_starts_reads_no_text(world: World, read: list[Profile]) -> None:
    _told(world)
    world.member("bbc", "member.changed", sector="public_body", places=["E12000006"])
    world.propose()
    before = world.proposer._knowledge.index
    read.clear()
    after = world.knowledge().index
    assert read == []
    assert after.need_ids() == before.need_ids() == ["reading", "second"]
    found, known = after.rated_for_all(after.need_ids()), before.rated_for_all(before.need_ids())
    for need_id, listed in found.items():
        for one, other in zip(listed, known[need_id], strict=True):
            assert (one.capability_id, one.score) == (other.capability_id, other.score)
            assert np.array_equal(one.features, other.features, equal_nan=True)


def test_what_is_read_while_a_page_is_shown_is_not_written(world: World) -> None:
    world.story()
    knowledge = Knowledge(world.deps.model, world.clock.now().date())
    knowledge.catch_up(world.database, world.clock.now().date())
    assert knowledge.index.need_ids() == ["reading"]
    assert _rows(world) == {}


def test_only_the_text_that_changed_is_read_again(world: World, read: list[Profile]) -> None:
    _told(world)
    before = _rows(world)
    words = {"title": "Coding clubs", "description": "For school leavers."}
    world.need("second", "need.changed", **words, material=words, material_version=2)
    world.propose()
    after = _rows(world)
    assert {one for one in before if before[one] != after[one]} == {("need", "second")}
    read.clear()
    world.knowledge()
    assert read == []


def test_nothing_is_left_of_an_erased_listing(world: World) -> None:
    _told(world)
    assert sorted(_rows(world)) == LISTINGS
    world.tell("need.erased", "second", None)
    assert sorted(_rows(world)) == LISTINGS[:2]
    world.propose()
    assert sorted(_rows(world)) == LISTINGS[:2]


def test_a_row_written_after_the_erasure_goes_when_it_is_noticed(world: World) -> None:
    _told(world)
    late = _rows(world)[("need", "second")]
    world.tell("need.erased", "second", None)
    with world.database.write() as connection:
        put_rows(connection, {("need", "second"): late})
    world.propose()
    assert sorted(_rows(world)) == LISTINGS[:2]
