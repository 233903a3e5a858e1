"""Who is not mailed, and when not: choices, suppression, quiet hours, caps, the allow-list."""

import pytest

from services.notifier.domain.messages import Kind, State
from services.notifier.erase import erase_subject
from services.notifier.store.wishes import Preference, preference_of, save_preference, suppress
from shared.contracts import types
from tests.integration.notifier.browsing import links_to, open_link, say
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.smtp_double import smtp_double
from tests.integration.notifier.world import BBC, ECC, World, a_contact


def state_of(world: World, member_id: str, kind: Kind = Kind.APPROACH) -> State:
    return next(m.state for m in world.ledger(kind) if m.member_id == member_id)


def test_one_click_stops_the_mail_without_cookie_or_token(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    link = links_to(world, BBC, "u")[0]
    answer = world.browser().post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    world.browser().post(link, data={"List-Unsubscribe": "One-Click"})
    world.run()
    told = [e.data for e in world.heard_preferences() if e.type == types.CONTACT_UNSUBSCRIBED]
    assert told[0] == {
        "contact_id": f"c-{BBC}",
        "member_id": BBC,
        "choices": ["proposals", "follow_ups", "digest"],
    }
    world.match(types.MATCH_APPROVED, match_id="match-2")
    assert len([to for _, to in world.double.envelopes if BBC in to]) == 1


def test_on_the_page_one_kind_can_be_stopped(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    link = links_to(world, BBC, "u")[0]
    browser = world.browser()
    assert "Stop these emails" in open_link(browser, link).get_data(as_text=True)
    page = browser.post(link, data={"csrf_token": "any", "stop": "follow_ups"})
    assert "questions about what came of" in page.get_data(as_text=True)
    world.match(types.MATCH_APPROVED, match_id="match-2")
    assert len([to for _, to in world.double.envelopes if BBC in to]) == 2


def test_the_address_stays_stopped_when_it_is_entered_anew(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    world.browser().post(links_to(world, BBC, "u")[0])
    email = world.registry.people[BBC][0]["email"].upper()
    world.registry.people[BBC] = [a_contact(BBC, email=email)]
    world.match(types.MATCH_APPROVED, match_id="match-2")
    assert len([to for _, to in world.double.envelopes if BBC.upper() in to.upper()]) == 1


@pytest.mark.parametrize(
    "contact",
    [
        {"choices": {"proposals": False}},
        {"can_be_asked": False},
    ],
)
def test_who_wants_no_proposals_gets_none(
    make_world: MakeWorld, contact: dict[str, object]
) -> None:
    world = make_world()
    world.registry.people[BBC] = [a_contact(BBC, **contact)]
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.SUPPRESSED
    codes = [e.data["code"] for e in world.heard() if e.type == types.MESSAGE_FAILED and e.data]
    assert codes == ["suppressed"]


def test_without_a_lawful_ground_nobody_is_written_to(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.people[BBC] = [a_contact(BBC, ground_ok=False)]
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.FAILED
    assert [to for _, to in world.double.envelopes if BBC in to] == []


def test_the_next_contact_is_asked_when_the_first_does_not_want_it(make_world: MakeWorld) -> None:
    world = make_world()
    first = a_contact(BBC, choices={"proposals": False})
    second = a_contact(BBC, email="second@bbc.example")
    world.registry.people[BBC] = [first, second]
    world.match(types.MATCH_APPROVED)
    assert [to for _, to in world.double.envelopes if "bbc" in to] == ["second@bbc.example"]


def test_quiet_hours_are_kept(make_world: MakeWorld) -> None:
    world = make_world()
    quiet = {"from": "08:00", "until": "18:00", "zone": "Europe/London"}
    world.registry.people[BBC] = [a_contact(BBC, choices={"quiet_hours": quiet})]
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.PLANNED
    assert state_of(world, ECC) is State.ACCEPTED
    world.later(seconds=9 * 3600 - 1)
    assert state_of(world, BBC) is State.PLANNED
    world.later(seconds=2)
    assert state_of(world, BBC) is State.ACCEPTED


def test_hours_chosen_on_our_page_count_before_those_the_registry_knows(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    known = {"from": "08:00", "until": "12:00"}
    world.registry.people[BBC] = [a_contact(BBC, contact_id="c1", choices={"quiet_hours": known})]
    with world.parts.work() as work:
        wish = Preference("weekly", "08:30", "10:00")
        save_preference(work.connection, "c1", BBC, wish, work.now)
        assert preference_of(work.connection, "c1") == wish
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.PLANNED
    world.later(seconds=3600 + 1)
    assert state_of(world, BBC) is State.ACCEPTED
    with world.parts.work() as work:
        erase_subject(work, world.parts.vault, "c1", None)
        assert preference_of(work.connection, "c1") == Preference()


def test_a_member_gets_so_many_a_day_and_the_rest_the_next(make_world: MakeWorld) -> None:
    world = make_world(mail_cap_per_day=2)
    for number in range(4):
        world.match(types.MATCH_APPROVED, match_id=f"match-{number}")
    assert len([to for _, to in world.double.envelopes if BBC in to]) == 2
    world.later(days=1.01)
    assert len([to for _, to in world.double.envelopes if BBC in to]) == 4


def test_an_introduction_does_not_wait_for_the_cap(make_world: MakeWorld) -> None:
    world = make_world(mail_cap_per_day=1, grace_seconds=0.0)
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    for member in (ECC, BBC):
        say(world, member, "yes")
    world.match(types.MATCH_AGREED, state="agreed")
    assert {m.state for m in world.ledger(Kind.INTRODUCTION)} == {State.ACCEPTED}


def test_a_suppressed_address_gets_nothing_at_all(make_world: MakeWorld) -> None:
    world = make_world()
    with world.parts.database.write() as connection:
        digest = world.parts.hash_of(" PERSON@bbc.example ")
        suppress(connection, digest, "all", "complaint", world.clock.now())
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.SUPPRESSED


def test_outside_production_strangers_go_to_the_mailbox(make_world: MakeWorld) -> None:
    with smtp_double() as mailbox:
        world = make_world(
            smtp_url="smtp://mail.invalid:25",
            mailbox_url=mailbox.url,
            mail_allow=("@bbc.example",),
        )
        world.match(types.MATCH_APPROVED)
        assert [to for _, to in mailbox.envelopes] == [f"person@{ECC}.example"]
        assert state_of(world, BBC) is State.RETRY_LATER, "it is tried at the real server"
    assert world.double.received == []


def test_an_address_that_would_break_a_header_is_refused(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.people[BBC] = [a_contact(BBC, email="a@b.example\r\nBcc: all@c.example")]
    world.match(types.MATCH_APPROVED)
    assert state_of(world, BBC) is State.FAILED
    codes = [e.data["code"] for e in world.heard() if e.type == types.MESSAGE_FAILED and e.data]
    assert codes == ["refused"]
    assert len(world.double.received) == 1
