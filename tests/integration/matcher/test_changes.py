"""What a change at the registry does to what is open."""

import pytest

from services.matcher.domain.states import State
from tests.integration.matcher.world import START, World, reach_asked, reach_introduced


def test_a_typo_cancels_nothing_and_a_material_change_opens_a_new_round(world: World) -> None:
    world.story()
    world.propose()
    first = world.proposed()
    world.need("reading", "need.changed", title="Early readin", version=2)
    world.propose()
    assert world.match(first.match_id) == first
    changed = {"version": 3, "material_version": 3, "goals": [1, 2]}
    world.need("reading", "need.changed", **changed)
    world.propose()
    second = world.proposed()
    before = world.match(first.match_id)
    assert before.state is State.SUPERSEDED
    assert before.ending is not None
    assert before.ending.code == "listing_changed"
    assert before.superseded_by == second.match_id
    assert (second.round, second.previous_match_id) == (2, first.match_id)


def test_a_material_change_withdraws_what_was_approved_or_asked(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.capability("first-words", "capability.changed", version=2, material_version=2, goals=[2])
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "listing_changed"
    assert world.proposed().round == 2


@pytest.mark.parametrize(
    ("what", "fields", "code"),
    [
        ("need.paused", {"status": "paused"}, "listing_closed"),
        ("need.closed", {"status": "closed", "closed_code": "met"}, "listing_closed"),
    ],
)
@pytest.mark.parametrize("stage", ["proposed", "asked"])
def test_a_need_that_goes_takes_its_open_matches_with_it(
    world: World, what: str, fields: dict[str, str], code: str, stage: str
) -> None:
    world.story()
    if stage == "asked":
        match = reach_asked(world)
    else:
        world.propose()
        match = world.proposed()
    world.need("reading", what, **fields)
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == code


def test_a_member_that_leaves_keeps_its_introductions_only(world: World) -> None:
    world.story()
    world.capability("first-words", "capability.changed", capacity={"amount": 5})
    introduced = reach_introduced(world)
    world.need("second")
    world.propose()
    open_one = world.proposed()
    world.member("bbc", "member.withdrawn", status="withdrawn", can_be_asked=False)
    world.propose()
    assert world.match(open_one.match_id).state is State.WITHDRAWN
    assert world.match(introduced.match_id).state is State.INTRODUCED


def test_an_erased_listing_ends_its_matches_and_leaves_no_words_in_the_projection(
    world: World,
) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.tell("capability.erased", "first-words", None)
    world.propose()
    assert world.match(match.match_id).state is State.WITHDRAWN
    with world.database.read() as connection:
        assert world.stored_state(connection, "first-words") is None


def test_a_declared_conflict_ends_what_is_open_and_stops_new_ones(world: World) -> None:
    world.story()
    match = reach_asked(world)
    conflicts = [{"member_id": "essex"}]
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": conflicts})
    world.propose()
    after = world.match(match.match_id)
    assert after.state is State.WITHDRAWN
    assert after.ending is not None
    assert after.ending.code == "conflict"
    world.tell("conflict.declared", "bbc", {"member_id": "bbc", "conflicts": []})
    world.propose()
    assert world.proposed().round == 2


def test_a_new_day_looks_at_everything_again(world: World) -> None:
    world.story()
    until = START.replace(day=10).date().isoformat()
    world.capability("first-words", "capability.changed", available={"until": until})
    world.propose()
    match = world.proposed()
    world.tick(days=10)
    world.propose()
    assert world.match(match.match_id).state is State.WITHDRAWN


def test_partnerships_made_elsewhere_take_a_place_and_keep_the_pair_apart(world: World) -> None:
    world.story()
    world.propose()
    proposal = world.proposed()
    data = {
        "partnership_id": "p1",
        "need_id": "reading",
        "member_ids": ["essex", "bbc"],
        "state": "introduced",
        "since": "2022-12-01",
    }
    world.tell("partnership.recorded", "p1", data)
    world.propose()
    before = world.match(proposal.match_id)
    assert before.state is State.SUPERSEDED
    assert before.ending is not None
    assert before.ending.code == "already_partners"
    (elsewhere,) = world.open()
    assert (elsewhere.origin, elsewhere.state) == ("elsewhere", State.INTRODUCED)
    assert elsewhere.capability_ids == ("first-words",)
    world.tell("partnership.recorded", "p1", data | {"state": "active"})
    assert world.match(elsewhere.match_id).state is State.ACTIVE
    world.outcome(elsewhere, "bbc", "finished")
    assert world.match(elsewhere.match_id).state is State.COMPLETED
    assert world.events(elsewhere.match_id) == ["recorded", "started", "completed"]


def test_a_partnership_without_a_need_is_kept_with_its_words(world: World) -> None:
    world.member("essex", sector="local_government")
    data = {
        "partnership_id": "p2",
        "text": "A summer school\nfor carers",
        "member_ids": ["essex", "unknown-member"],
        "state": "active",
        "since": "2024-01-01",
    }
    world.tell("partnership.recorded", "p2", data)
    (match,) = world.open()
    assert match.need["title"] == "A summer school"
    assert [party.name for party in match.parties] == ["Essex", "unknown-member"]
