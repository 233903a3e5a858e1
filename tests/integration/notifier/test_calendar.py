"""What happens by the calendar: reminders, holds that stop it, follow-ups until it is over."""

from shared.contracts import types
from shared.contracts.envelope import wire_time
from tests.integration.notifier.browsing import (
    links_to,
    open_link,
    press,
    say,
    subjects_to,
    words_to,
)
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.world import BBC, ECC


def test_reminders_go_to_the_silent_on_day_5_and_12(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked", asked_at=wire_time(world.clock.now()))
    say(world, ECC, "yes")
    world.later(days=4.9)
    assert len(world.double.received) == 2
    world.later(days=0.2)
    assert len(subjects_to(world, BBC)) == 2
    world.later(days=7)
    assert len(subjects_to(world, BBC)) == 3
    world.later(days=30)
    assert len(subjects_to(world, BBC)) == 3
    assert len(subjects_to(world, ECC)) == 1
    assert "last reminder" in words_to(world, BBC)[-1]


def test_a_hold_stops_the_clocks(make_world: MakeWorld) -> None:
    world = make_world()
    asked_at = wire_time(world.clock.now())
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked", asked_at=asked_at)
    world.later(days=3)
    hold = {"code": "pre_election", "until": None}
    world.match(types.MATCH_HELD, state="asked", hold=hold)
    world.later(days=20)
    assert len(world.double.received) == 2
    page = open_link(world.browser(), links_to(world, BBC, "a")[0]).get_data(as_text=True)
    assert "on hold" in page
    world.match(types.MATCH_RELEASED, state="asked")
    world.later(days=1.5)
    assert len(world.double.received) == 2
    world.later(days=0.6)
    assert len(world.double.received) == 4


def test_follow_ups_ask_what_came_of_it_until_it_is_over(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    for member in (ECC, BBC):
        say(world, member, "yes")
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=121)
    introduced_at = wire_time(world.clock.now())
    world.match(types.MATCH_INTRODUCED, state="introduced", introduced_at=introduced_at)
    before = len(world.double.received)
    world.later(days=30.1)
    assert len(world.double.received) == before + 2
    browser = world.browser()
    page = open_link(browser, links_to(world, ECC, "o")[-1])
    thanks = press(
        browser, page, "", stage="started", amount="40", unit="children", period="a year"
    )
    assert "Thank you" in thanks.get_data(as_text=True)
    world.run()
    reported = [e for e in world.heard() if e.type == types.OUTCOME_REPORTED]
    assert len(reported) == 1
    assert reported[0].data is not None
    assert (reported[0].data["stage"], reported[0].data["amount"]) == ("started", 40.0)
    world.match(types.MATCH_COMPLETED, state="completed", introduced_at=introduced_at)
    world.later(days=200)
    assert len(world.double.received) == before + 2


def test_a_partnership_made_elsewhere_is_followed_but_not_introduced(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_RECORDED, state="active", origin="elsewhere")
    world.later(days=29)
    assert world.double.received == []
    world.later(days=2)
    assert len(world.double.received) == 2
    assert all("What came of it" in subject for subject in subjects_to(world, BBC))
