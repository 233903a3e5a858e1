"""Mail by the calendar: office hours, quiet periods, summaries, and whether listings are still true."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.notifier.domain.messages import Kind, Message, State
from services.notifier.mail import smtp
from services.notifier.store.tables import preferences
from shared.contracts import types
from shared.contracts.envelope import wire_time
from tests.integration.notifier.browsing import subjects_to, words_to
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.test_crashes import Killed, die_after_it_was_accepted
from tests.integration.notifier.world import BBC, ECC, START, World


def quiet(first: date, last: date, nation: str = "all") -> dict[str, Any]:
    return {"nation": nation, "first_day": f"{first}", "last_day": f"{last}", "name": "x"}


def asked(world: World) -> None:
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked", asked_at=wire_time(world.clock.now()))


def wants_digest(world: World, member: str, digest: str = "weekly") -> None:
    with world.parts.database.write() as connection:
        connection.execute(
            preferences.insert().values(
                contact_id=f"c-{member}",
                member_id=member,
                digest=digest,
                changed_at=world.clock.now(),
            )
        )


def of_kind(world: World, kind: Kind) -> list[Message]:
    return [message for message in world.all_mail() if message.kind is kind]


def a_listing(listing_id: str, kind: str, confirmed: str | None) -> dict[str, Any]:
    return {
        "id": listing_id,
        "kind": kind,
        "member": BBC,
        "title": f"Title of {listing_id}",
        "status": "published",
        "confirmed_at": confirmed,
    }


def test_reminders_keep_office_hours_and_introductions_do_not(make_world: MakeWorld) -> None:
    world = make_world(mail_hours="08:00-18:00")
    asked(world)
    assert len(world.double.received) == 2
    world.later(days=5.5)  # Saturday evening: due, and not sent before Monday
    assert len(world.double.received) == 2
    world.later(days=1.45)  # Monday, 07:48
    assert len(world.double.received) == 2
    world.later(seconds=1_000)
    assert len(world.double.received) == 4


def test_a_quiet_period_delays_questions_and_keeps_reminders_apart(make_world: MakeWorld) -> None:
    """Ten quiet days from day 3: the reminder of day 5 goes after them, the next a week later."""
    world = make_world()
    asked(world)
    begins = START.date() + timedelta(days=3)
    world.matcher.quiet = [
        quiet(begins, begins + timedelta(days=9), "E"),
        quiet(START.date(), START.date() + timedelta(days=99), "S"),
    ]
    world.later(days=5.1)
    world.later(days=7.4)
    assert len(world.double.received) == 2
    world.later(days=0.5)  # the first minutes of day 13 are over
    assert len(world.double.received) == 4
    world.later(days=6.5)
    assert len(world.double.received) == 4
    world.later(days=0.6)
    assert len(world.double.received) == 6


def test_mail_waits_while_nobody_can_say_whether_it_is_quiet(make_world: MakeWorld) -> None:
    world = make_world()
    world.matcher.away = True
    world.match(types.MATCH_APPROVED)
    assert {m.state for m in world.ledger()} == {State.RETRY_LATER}
    world.matcher.away = False
    world.later(seconds=6)
    assert {m.state for m in world.ledger()} == {State.ACCEPTED}


def test_a_digest_comes_once_a_week_and_only_with_something_to_say(make_world: MakeWorld) -> None:
    world = make_world(reminder_days=("40",))
    wants_digest(world, BBC)
    wants_digest(world, ECC, "monthly")
    world.later(days=7)
    assert world.double.received == []
    asked(world)
    world.later(days=5)
    assert len(subjects_to(world, BBC)) == 1
    world.later(days=2)
    assert subjects_to(world, BBC)[-1] == "1 question waits for your answer"
    assert "With Essex County Council." in words_to(world, BBC)[-1]
    world.later(days=1)
    world.later(days=1)
    assert len(subjects_to(world, BBC)) == 2
    assert len(subjects_to(world, ECC)) == 2, "a month has begun as well"
    world.match(types.MATCH_WITHDRAWN, state="withdrawn")
    before = len(world.double.received)
    world.later(days=7)
    assert len(world.double.received) == before


def test_a_digest_waits_for_the_end_of_a_quiet_period_and_comes_once(
    make_world: MakeWorld,
) -> None:
    world = make_world(reminder_days=("90",))
    wants_digest(world, BBC)
    asked(world)
    monday = START.date() + timedelta(days=7)
    world.matcher.quiet = [quiet(monday, monday + timedelta(days=20))]
    for _ in range(4):
        world.later(days=7)
    assert len(of_kind(world, Kind.DIGEST)) == 1
    assert len(subjects_to(world, BBC)) == 2


def test_a_digest_is_not_doubled_by_a_crash(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the server had it: one retry of the same bytes, as for every email."""
    world = make_world(reminder_days=("90",))
    wants_digest(world, BBC)
    asked(world)
    with monkeypatch.context() as patched:
        patched.setattr(smtp, "send", die_after_it_was_accepted)
        with pytest.raises(Killed):
            world.later(days=7)
    world.start()
    world.run()
    [digest] = of_kind(world, Kind.DIGEST)
    assert (digest.state, digest.ambiguous_count) == (State.AMBIGUOUS, 1)
    world.later(seconds=901)
    world.later(days=2)
    [digest] = of_kind(world, Kind.DIGEST)
    assert digest.state is State.ACCEPTED
    assert len(set(world.double.received)) == 3
    assert len(world.double.received) == 4


def test_listings_are_asked_about_together_reminded_of_once_and_again_only_when_confirmed(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.registry.listings = [
        a_listing("stories", "capabilities", "2026-04-01T09:00:00Z"),
        a_listing("training", "capabilities", "2026-04-02T09:00:00Z"),
        a_listing("rooms", "needs", "2026-11-01T09:00:00Z"),
    ]
    world.registry.stale = {"stories", "training"}
    world.later(seconds=3_601)
    words = words_to(world, BBC)
    assert len(words) == 1
    assert words[0].index("Title of stories") < words[0].index("Title of rooms")
    assert "Last confirmed 1 April 2026. Please confirm." in words[0]
    assert "we will remind you once" in words[0]
    world.later(days=13.9)
    assert len(words_to(world, BBC)) == 1
    world.later(days=0.2)
    assert "our only reminder" in words_to(world, BBC)[-1]
    world.later(days=60)
    assert len(words_to(world, BBC)) == 2, "silence is not asked about again"
    world.registry.listings[0]["confirmed_at"] = "2027-02-01T09:00:00Z"
    world.later(days=1)
    assert len(words_to(world, BBC)) == 3


def test_what_was_confirmed_meanwhile_is_not_asked_about(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.listings = [a_listing("stories", "capabilities", None)]
    world.registry.stale = {"stories"}
    world.matcher.quiet = [quiet(START.date(), START.date() + timedelta(days=1))]
    world.later(seconds=3_601)
    assert [m.state for m in of_kind(world, Kind.LISTING_CHECK)] == [State.PLANNED]
    world.registry.stale = set()
    world.later(days=2)
    assert [m.state for m in of_kind(world, Kind.LISTING_CHECK)] == [State.CANCELLED]
    assert world.double.received == []
