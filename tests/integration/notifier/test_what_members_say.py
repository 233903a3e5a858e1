"""What members say on their pages besides yes and no, on both stores."""

import re

from werkzeug.test import TestResponse

from services.notifier.domain.messages import Kind
from services.notifier.erasures import LONGEST_WAIT, ask_erasure
from services.notifier.fresh_link import send_fresh_link
from services.notifier.store.wishes import Link, load_link
from shared.contracts import types
from tests.integration.notifier.browsing import links_to, open_link, press, say
from tests.integration.notifier.conftest import MakeWorld
from tests.integration.notifier.test_api import asked, call
from tests.integration.notifier.test_conversation import both_say_yes
from tests.integration.notifier.world import BBC, ECC, MATCH, World

CHANGE = "Clacton is possible, Harwich is not"
HELD = {"code": "change_suggested", "until": None}


def suggest(world: World) -> str:
    page = say(world, BBC, "suggest", about="place", change=CHANGE)
    return page.get_data(as_text=True)


def tasks(world: World) -> list[str]:
    found = call(world, "GET", "/v1/tasks").get_json()
    return [task["kind"] for task in found["items"]]


def test_a_suggested_change_waits_for_a_coordinator_and_can_be_taken_back(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    asked(world)
    world.heard()
    assert "What would have to change" in say(world, BBC, "suggest").get_data(as_text=True)
    assert "You suggested a change" in suggest(world)
    world.run()
    [told] = world.heard()
    assert (told.type, (told.data or {})["about"]) == (types.CHANGE_SUGGESTED, "place")
    assert "Clacton" not in str(told.data)
    [read] = call(world, "GET", f"/v1/matches/{MATCH}/suggestions").get_json()["items"]
    assert (read["text"], read["said_by"]) == (CHANGE, "Sam Okafor")
    assert tasks(world) == ["suggestion"]
    world.match(types.MATCH_HELD, state="asked", hold=HELD)
    other = open_link(world.browser(), links_to(world, ECC, "a")[-1])
    assert "on hold" in other.get_data(as_text=True)
    assert "Yes, introduce us" in say(world, BBC, "take_back").get_data(as_text=True)
    assert "You said yes" in say(world, BBC, "yes").get_data(as_text=True)
    world.run()
    assert [e.type for e in world.heard()] == [types.CHANGE_TAKEN_BACK, types.ANSWER_ACCEPTED]
    assert tasks(world) == []


def test_no_contacts_pass_while_a_change_is_suggested(make_world: MakeWorld) -> None:
    world = make_world()
    both_say_yes(world)
    suggest(world)
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=200)
    assert world.ledger(Kind.INTRODUCTION) == []
    world.match(types.MATCH_RELEASED, state="agreed")
    world.later(seconds=200)
    assert len(world.ledger(Kind.INTRODUCTION)) == 3
    [read] = call(world, "GET", f"/v1/matches/{MATCH}/suggestions").get_json()["items"]
    assert read["settled_by"] == "coordinator"


def test_a_person_is_erased_when_no_match_waits_for_them_or_the_time_is_up(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    asked(world)
    suggest(world)
    contact = f"c-{BBC}"
    world.registry.own_contact = world.registry.people[BBC][0]
    with world.parts.work() as work:
        ask_erasure(work, contact, BBC)
        ask_erasure(work, contact, BBC)
    world.later(seconds=10)
    assert "erasure" in tasks(world)
    world.registry.away = True
    world.later(days=LONGEST_WAIT.days)
    assert link_of(world) is not None, "nothing is lost while the registry is away"
    world.registry.away = False
    world.later(seconds=10)
    assert world.registry.own_contact is None
    assert link_of(world) is None
    [read] = call(world, "GET", f"/v1/matches/{MATCH}/suggestions").get_json()["items"]
    assert (read["text"], read["said_by"]) == ("", "")
    assert "erasure" not in tasks(world)


def test_an_outcome_in_detail_stands_against_a_measure_of_its_goal(make_world: MakeWorld) -> None:
    world = make_world(grace_seconds=0.0)
    both_say_yes(world)
    world.match(types.MATCH_AGREED, state="agreed")
    world.match(types.MATCH_INTRODUCED, state="introduced")
    browser = world.browser()
    page = open_link(browser, links_to(world, BBC, "o")[-1])
    thanks = press(browser, page, "report", stage="met", amount="12", unit="families")
    measure = "Children with a good level of development at age five (%)"
    assert measure in thanks.get_data(as_text=True)
    press(browser, thanks, "details", measure=measure, baseline="One in three", evidence="Check")
    [told] = call(world, "GET", f"/v1/matches/{MATCH}/outcomes").get_json()["items"]
    assert told["goal"] == 1
    assert told["details"] == {
        "measure": measure,
        "baseline": "One in three",
        "evidence": "Check",
    }


def test_an_old_link_to_ones_own_pages_sends_a_new_one_and_tells_nobody_anything(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    with world.parts.work() as work:
        send_fresh_link(work, f"c-{BBC}", BBC)
        send_fresh_link(work, f"c-{BBC}", BBC)
    world.run()
    [link] = links_to(world, BBC, "l")
    browser = world.browser()
    assert browser.get(link).status_code == 303
    world.later(days=world.parts.pace.link_days + 1)
    old = browser.get(link)
    assert (old.status_code, "Send me a new link" in old.get_data(as_text=True)) == (410, True)
    assert links_to(world, BBC, "l") == [link], "looking sends nothing"
    token = {"csrf_token": csrf_of(old)}
    sent = browser.post(link, data=token)
    forged = browser.post(f"{link[:-2]}xx", data=token)
    assert sent.status_code == forged.status_code == 200
    assert sent.get_data() == forged.get_data()
    world.run()
    assert len(links_to(world, BBC, "l")) == 2
    other = browser.get("/own-link/answer/unknown-nonce")
    assert other.status_code == 303


def csrf_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def link_of(world: World) -> Link | None:
    """The link in the last proposal to the BBC's contact, unless it was withdrawn."""
    token = links_to(world, BBC, "a")[-1].rpartition("/")[2]
    nonce = str(world.parts.links.read(token, "answer")["n"])
    with world.parts.database.read() as connection:
        return load_link(connection, nonce, "answer")
