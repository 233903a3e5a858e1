"""What happens because time has passed, and what a hold does to it."""

from datetime import timedelta

from services.matcher.domain.states import State
from services.matcher.hold import hold_match, release_match
from services.matcher.review import undo_approval
from services.matcher.store.quiet import enter_period
from shared.contracts.envelope import wire_time
from tests.integration.matcher.world import (
    World,
    reach_agreed,
    reach_asked,
)


def test_a_hold_stops_every_clock_and_a_release_moves_them_on(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.do(hold_match, match.match_id, code="pre_election")
    world.tick(days=30)
    assert world.match(match.match_id).state is State.ASKED
    world.do(release_match, match.match_id)
    after = world.match(match.match_id)
    assert after.lapses_at is not None
    assert match.lapses_at is not None
    assert (after.lapses_at - match.lapses_at).days == 30
    world.tick(days=21)
    assert world.match(match.match_id).state is State.LAPSED


def test_a_quiet_period_is_time_that_nobody_loses(world: World) -> None:
    """21 days to answer, of which ten are quiet for England and none for Scotland."""
    world.story()
    match = reach_asked(world)
    today = world.clock.now().date()
    for nation in ("E", "S"):
        first, last = today + timedelta(days=5), today + timedelta(days=14)
        world.do(enter_period, "Elections", nation, first, last, "a")
    world.tick(days=21)
    waiting = world.match(match.match_id)
    assert waiting.state is State.ASKED
    assert waiting.lapses_at is not None
    assert match.lapses_at is not None
    assert waiting.lapses_at - match.lapses_at == timedelta(days=10)
    world.tick(days=9)
    assert world.match(match.match_id).state is State.ASKED
    world.tick(days=1)
    assert world.match(match.match_id).state is State.LAPSED


def test_a_hold_with_a_date_ends_on_it(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    until = world.clock.now().replace(day=10)
    world.do(hold_match, match.match_id, code="procurement", until=until)
    world.tick(days=8)
    assert world.match(match.match_id).hold is not None
    world.tick(days=1)
    assert world.match(match.match_id).hold is None
    assert world.events(match.match_id) == ["proposed", "held", "released"]


def test_a_suggested_change_holds_the_match_until_it_is_taken_back(world: World) -> None:
    world.story()
    match = reach_asked(world)
    said = {"match_id": match.match_id, "member_id": "bbc", "about": "place"}
    said["made_at"] = wire_time(world.clock.now())
    world.tell("change.suggested", match.match_id, said)
    held = world.match(match.match_id).hold
    assert held is not None
    assert (held.code, held.by) == ("change_suggested", "bbc")
    world.tick(days=30)
    assert world.match(match.match_id).state is State.ASKED
    world.tell("change.taken_back", match.match_id, {**said, "about": None})
    assert world.match(match.match_id).hold is None
    assert world.events(match.match_id)[-2:] == ["held", "released"]


def test_what_is_held_for_another_reason_stays_held(world: World) -> None:
    world.story()
    match = reach_asked(world)
    world.do(hold_match, match.match_id, code="procurement")
    said = {"match_id": match.match_id, "member_id": "bbc", "about": "dates"}
    said["made_at"] = wire_time(world.clock.now())
    for what in ("suggested", "taken_back"):
        world.tell(f"change.{what}", match.match_id, said)
    after = world.match(match.match_id).hold
    assert after is not None
    assert after.code == "procurement"


def test_undecided_proposals_expire_and_cool_off(world: World) -> None:
    world.story()
    world.propose()
    match = world.proposed()
    world.tick(days=60)
    assert world.match(match.match_id).state is State.EXPIRED
    world.propose()
    assert world.open() == []
    world.tick(days=180)
    world.propose()
    again = world.proposed()
    assert (again.round, again.previous_match_id) == (2, match.match_id)
    assert again.opened_by == "cooling_over"


def test_an_undone_approval_expires_like_any_other_proposal(world: World) -> None:
    world.story()
    world.propose()
    match = world.approve(world.proposed().match_id)
    world.do(undo_approval, match.match_id)
    world.tick(days=60)
    assert world.match(match.match_id).state is State.EXPIRED


def test_a_reopened_match_lapses_when_its_days_are_over(world: World) -> None:
    world.story()
    match = reach_agreed(world)
    world.clock.advance(days=30)
    world.answer(match, "bbc", None)
    world.tick(days=20)
    assert world.match(match.match_id).state is State.ASKED
    world.tick(days=1)
    after = world.match(match.match_id)
    assert after.state is State.LAPSED
    assert after.ending is not None
    assert after.ending.by == "timer"
