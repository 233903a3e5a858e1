"""What a listing would find as it is typed."""

from services.matcher.domain.entities import Capability, Need
from services.matcher.explaining.insight import Insight
from services.matcher.explaining.preview import preview
from services.matcher.proposing.as_scored import capability_of, need_of
from services.matcher.store.known import capability_state, need_state
from tests.integration.matcher.world import World


def stored(world: World) -> tuple[Need, Capability]:
    with world.database.read() as connection:
        need = need_state(connection, "reading")
        capability = capability_state(connection, "first-words")
    assert need is not None
    assert capability is not None
    return need_of(need), capability_of(capability)


def test_a_typed_listing_finds_what_a_published_one_does(world: World) -> None:
    world.story()
    world.member("itv", name="ITV")
    world.capability("far-away", member_id="itv", delivers_in=["S12000036"])
    need, capability = stored(world)
    insight = Insight(world.database, world.deps.model, world.clock)
    with insight.index() as index:
        [published] = index.proposals_for("reading", 5)
        known = index.need_ids(), index.capability_ids()
    for typed in (need, capability):
        [found] = preview(insight, typed, 5).found
        assert found.score == published.score
        assert [one.text for one in found.reasons] == [one.text for one in published.reasons]
    with insight.index() as index:
        assert (index.need_ids(), index.capability_ids()) == known
        assert index.proposals_for("reading", 5) == [published]


def test_a_typed_listing_of_nobody_finds_nothing_but_is_read(world: World) -> None:
    world.story()
    insight = Insight(world.database, world.deps.model, world.clock)
    typed = Need("new", "nobody-yet", "Apprenticeships for school leavers")
    told = preview(insight, typed, 5)
    assert told.found == []
    assert told.read["goals"]
