"""The conversation of one match, as the matcher tells it and as the mail server sees it."""

from services.notifier.domain.messages import Kind, State
from shared.contracts import types
from shared.contracts.envelope import wire_time
from tests.integration.notifier.browsing import (
    emails,
    links_to,
    open_link,
    press,
    say,
    subjects_to,
    words_to,
)
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.world import BBC, ECC, World, a_contact, a_match, a_party


def heard_types(world: World) -> list[str]:
    return [event.type.removeprefix("org.convene.").removesuffix(".v1") for event in world.heard()]


def both_say_yes(world: World) -> None:
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked", asked_at=wire_time(world.clock.now()))
    for member in (ECC, BBC):
        assert say(world, member, "yes").status_code == 200
    world.run()


def test_an_approved_match_asks_each_party_once(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    assert {str(m["To"]) for m in emails(world)} == {
        "Person of bbc <person@bbc.example>",
        "Person of essex-county-council <person@essex-county-council.example>",
    }
    assert [m.state for m in world.ledger()] == [State.ACCEPTED, State.ACCEPTED]
    sent = world.heard()
    assert {(e.type, e.data["member_id"], e.data["attempt"]) for e in sent if e.data} == {
        (types.MESSAGE_SENT, BBC, 1),
        (types.MESSAGE_SENT, ECC, 1),
    }
    assert all(e.correlation_id == "chain-1" for e in sent)
    assert all("@" not in repr(e.data) for e in sent)
    world.run()
    assert len(world.double.received) == 2


def test_two_yeses_lead_to_one_introduction_of_everybody(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    assert [lookup["purpose"] for lookup in world.registry.lookups] == ["send", "send"]
    world.heard()
    world.match(types.MATCH_AGREED, state="agreed", agreed_at=wire_time(world.clock.now()))
    assert world.matcher.checks == 0, "the yeses are not old enough yet"
    world.later(seconds=121)
    copies = [e for e in emails(world) if str(e["Subject"]).startswith("Introduction")]
    assert len(copies) == 3
    both = "Person of essex-county-council <person@essex-county-council.example>, "
    both += "Person of bbc <person@bbc.example>"
    assert sorted(str(copies[0]["To"]).split(", ")) == sorted(both.split(", "))
    assert "office@coalition.example" in str(copies[0]["Cc"])
    assert "person@bbc.example" in str(copies[0]["Reply-To"])
    assert {to for _, to in world.double.envelopes[2:]} == {
        "person@bbc.example",
        "person@essex-county-council.example",
        "office@coalition.example",
    }
    assert heard_types(world) == ["message.sent", "message.sent", "introduction.sent"]
    world.later(days=1)
    assert world.matcher.checks == 1
    assert len(world.double.received) == 5


def test_no_contact_of_another_party_is_fetched_before_all_said_yes(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    say(world, ECC, "yes")
    world.match(types.MATCH_AGREED, state="agreed")  # even if the matcher were wrong
    world.later(days=2)
    assert {lookup["purpose"] for lookup in world.registry.lookups} == {"send"}
    assert world.ledger(Kind.INTRODUCTION) == []


def test_an_undone_yes_stops_the_introduction(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=60)
    page = say(world, BBC, "undo")
    assert "Yes, introduce us" in page.get_data(as_text=True)
    world.later(seconds=600)
    assert world.ledger(Kind.INTRODUCTION) == []
    assert "answer.undone" in heard_types(world)
    say(world, BBC, "yes")
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=121)
    assert len(world.ledger(Kind.INTRODUCTION)) == 3


def test_after_the_exchange_an_answer_stands(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    browser = world.browser()
    open_since_before = open_link(browser, links_to(world, BBC, "a")[-1])
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=121)
    page = press(browser, open_since_before, "undo")
    assert "You have been introduced" in page.get_data(as_text=True)
    assert "answer.undone" not in heard_types(world)


def test_a_rule_against_it_keeps_the_introduction_back(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    world.matcher.rule = "capacity_spent"
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(days=1)
    assert world.ledger(Kind.INTRODUCTION) == []
    assert {lookup["purpose"] for lookup in world.registry.lookups} == {"send"}


def test_an_introduction_waits_while_the_matcher_is_away(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    world.matcher.away = True
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=200)
    assert world.ledger(Kind.INTRODUCTION) == []
    world.matcher.away = False
    world.later(seconds=60)
    assert len(world.ledger(Kind.INTRODUCTION)) == 3


def test_a_no_ends_it_with_one_neutral_email_to_the_other(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")
    say(world, ECC, "no", reason_code="already_partners", note="We know them well")
    ended = world.match(types.MATCH_DECLINED, state="declined")
    world.later(days=30)
    assert len(subjects_to(world, ECC)) == 1
    assert subjects_to(world, BBC)[1:] == ["Closed: Essex County Council and BBC"]
    closing = emails(world)[-1].as_string()
    assert "already" not in closing
    assert "know them" not in closing
    page = open_link(world.browser(), links_to(world, BBC, "a")[0]).get_data(as_text=True)
    assert "This proposal is closed" in page
    assert ended["state"] == "declined"
    answer = next(e for e in world.heard() if e.type == types.ANSWER_DECLINED)
    assert answer.data is not None
    assert answer.data["reason_code"] == "already_partners"
    assert "know them" not in repr(answer.data)


def test_every_end_closes_with_the_same_words(make_world: MakeWorld) -> None:
    world = make_world()
    pages, letters = set(), set()
    for number, (type_, state) in enumerate(
        [
            (types.MATCH_DECLINED, "declined"),
            (types.MATCH_LAPSED, "lapsed"),
            (types.MATCH_WITHDRAWN, "withdrawn"),
            (types.MATCH_SUPERSEDED, "superseded"),
        ]
    ):
        match_id = f"match-{number}"
        world.match(types.MATCH_APPROVED, match_id=match_id)
        world.match(types.MATCH_ASKED, match_id=match_id, state="asked")
        link = links_to(world, BBC, "a")[-1]
        if state == "declined":
            say(world, ECC, "no", reason_code="other")
        world.match(type_, match_id=match_id, state=state)
        letters.add(words_to(world, BBC)[-1])
        page = open_link(world.browser(), link)
        assert page.status_code == 200
        pages.add(page.get_data(as_text=True))
    assert len(pages) == 1
    assert len(letters) == 1


def test_nobody_to_ask_is_told_and_asked_once_when_corrected(make_world: MakeWorld) -> None:
    world = make_world()
    world.registry.people[BBC] = []
    world.match(types.MATCH_APPROVED)
    failed = [e for e in world.heard() if e.type == types.MESSAGE_FAILED]
    assert [e.data["code"] for e in failed if e.data] == ["no_contact"]
    world.match(types.MATCH_UNREACHABLE, state="unreachable")
    world.registry.people[BBC] = [a_contact(BBC)]
    world.match(types.MATCH_APPROVED, attempt=2)
    assert len(subjects_to(world, ECC)) == 1, "who was asked is not asked again"
    assert len(subjects_to(world, BBC)) == 1
    told = [(e.data["member_id"], e.data["attempt"]) for e in world.heard() if e.data]
    assert sorted(told) == [(BBC, 2), (ECC, 2)]


def test_the_needing_side_can_be_asked_first(make_world: MakeWorld) -> None:
    world = make_world()
    world.match(types.MATCH_APPROVED, ask_order="needs_first")
    assert subjects_to(world, BBC) == []
    world.match(types.MATCH_ASKED, state="asked", ask_order="needs_first")
    say(world, ECC, "yes")
    world.later(seconds=60)
    say(world, ECC, "undo")
    world.later(days=1)
    assert subjects_to(world, BBC) == []
    say(world, ECC, "yes")
    world.later(seconds=121)
    assert len(subjects_to(world, BBC)) == 1


def test_a_third_party_that_is_not_necessary_is_introduced_only_after_a_yes(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    parties = [
        *a_match(revision=1, now=world.clock.now())["parties"],
        a_party("uk-power-networks", "brings", "ukpn-hall", necessary=False),
    ]
    world.match(types.MATCH_APPROVED, parties=parties)
    world.match(types.MATCH_ASKED, state="asked", parties=parties)
    for member in (ECC, BBC):
        say(world, member, "yes")
    world.match(types.MATCH_AGREED, state="agreed", parties=parties)
    world.later(seconds=121)
    assert {copy.member_id for copy in world.ledger(Kind.INTRODUCTION)} == {ECC, BBC, "coalition"}
