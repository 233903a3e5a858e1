"""The pages behind the links: a GET shows, a person's button acts, and every link fails clearly."""

import re
from urllib.parse import urlsplit

import pytest

from services.notifier.domain.answers import NO_REASONS
from services.notifier.domain.messages import Kind, State
from services.notifier.store.records import answers_of_match, personal_of_answer
from shared.contracts import types
from shared.storage import Database
from tests.integration.notifier.browsing import links_to, open_link, press, say
from tests.integration.notifier.world import BBC, ECC, MATCH, UKPN, World, a_contact


def asked(world: World) -> None:
    world.match(types.MATCH_APPROVED)
    world.match(types.MATCH_ASKED, state="asked")


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has: nothing may change them on a GET."""
    with database.read() as connection:
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).scalars()
        return {
            name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()
            for name in list(tables)
        }


def test_no_get_or_head_changes_anything(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    invite(world)
    before = rows(world.parts.database)
    links = [*links_to(world, BBC, "a"), *links_to(world, BBC, "u"), *links_to(world, UKPN, "i")]
    assert len(links) == 3
    for link in links:
        for method in ("GET", "HEAD"):
            browser = world.browser()
            answer = browser.open(link, method=method, follow_redirects=True)
            assert answer.status_code == 200
    assert rows(world.parts.database) == before


def test_the_page_tells_who_what_and_why_in_plain_words(sqlite_world: World) -> None:
    asked(sqlite_world)
    page = open_link(sqlite_world.browser(), links_to(sqlite_world, BBC, "a")[0])
    text = page.get_data(as_text=True)
    for words in (
        "Could Essex County Council and BBC work together?",
        "What Essex County Council needs",
        "Reading before school in Tendring",
        "What you bring",
        "BBC delivers in Tendring",
        "It is offered free of charge.",
        "People may ask to see what you write.",
    ):
        assert words in text
    assert "0.81" not in text
    assert "Not shown" not in text, "a reason that spoke against it"


def test_the_token_does_not_stay_in_the_address(sqlite_world: World) -> None:
    asked(sqlite_world)
    link = links_to(sqlite_world, BBC, "a")[0]
    landed = sqlite_world.browser().get(link)
    assert landed.status_code == 303
    assert link.rsplit("/", 1)[1] not in landed.headers["Location"]
    assert "HttpOnly" in landed.headers["Set-Cookie"]
    assert landed.headers["Set-Cookie"].startswith("convene-notifier-session=")


def test_another_browser_cannot_use_the_address_alone(sqlite_world: World) -> None:
    asked(sqlite_world)
    page = open_link(sqlite_world.browser(), links_to(sqlite_world, BBC, "a")[0])
    path = urlsplit(page.request.url).path
    stranger = sqlite_world.browser().get(path)
    assert stranger.status_code == 403
    assert "open the link in our email again" in stranger.get_data(as_text=True)


def test_a_page_closes_after_two_hours(sqlite_world: World) -> None:
    asked(sqlite_world)
    browser = sqlite_world.browser()
    page = open_link(browser, links_to(sqlite_world, BBC, "a")[0])
    sqlite_world.clock.advance(seconds=2 * 3600 + 1)
    assert press(browser, page, "yes").status_code == 403
    assert open_link(browser, links_to(sqlite_world, BBC, "a")[0]).status_code == 200


@pytest.mark.parametrize("where", range(0, 200, 7))
def test_a_link_with_any_character_changed_is_refused(sqlite_world: World, where: int) -> None:
    asked(sqlite_world)
    link = links_to(sqlite_world, BBC, "a")[0]
    at = 3 + where % (len(link) - 3)
    other = "A" if link[at] != "A" else "B"
    page = open_link(sqlite_world.browser(), link[:at] + other + link[at + 1 :])
    assert page.status_code in {404, 405}
    assert "link does not work" in page.get_data(as_text=True) or page.status_code == 405


@pytest.mark.parametrize("path", ["/a/x", "/o/x.y", "/u/", "/i/abc.def", "/a/" + "z" * 5000])
def test_nonsense_links_are_answered_kindly(sqlite_world: World, path: str) -> None:
    assert sqlite_world.browser().get(path).status_code in {404, 308, 414}


def test_a_link_for_one_purpose_is_worthless_for_another(sqlite_world: World) -> None:
    asked(sqlite_world)
    token = links_to(sqlite_world, BBC, "a")[0].rsplit("/", 1)[1]
    for path in ("o", "u", "i"):
        assert sqlite_world.browser().get(f"/{path}/{token}").status_code == 404


def test_a_form_from_elsewhere_is_refused(sqlite_world: World) -> None:
    asked(sqlite_world)
    browser = sqlite_world.browser()
    page = open_link(browser, links_to(sqlite_world, BBC, "a")[0])
    path = urlsplit(page.request.url).path
    answer = browser.post(path, data={"do": "yes", "name": "Sam"})
    assert answer.status_code == 400
    with sqlite_world.parts.database.read() as connection:
        assert answers_of_match(connection, MATCH) == []


def test_a_no_keeps_its_note_and_name_with_us(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    say(world, BBC, "no", reason_code="no_capacity", note="Two of us are on leave.")
    with world.parts.database.read() as connection:
        answer = answers_of_match(connection, MATCH)[0]
        personal = personal_of_answer(connection, world.parts.vault, answer.answer_id)
    assert (answer.answer, answer.reason_code) == ("no", "no_capacity")
    assert personal.note == "Two of us are on leave."
    assert personal.who == {"name": "Sam Okafor", "role": "Head of partnerships"}
    world.run()
    assert "leave" not in repr([event.data for event in world.heard()])


def test_not_now_carries_the_date(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    say(world, BBC, "not_now", until="2027-03-31")
    world.run()
    deferred = [e.data for e in world.heard() if e.type == types.ANSWER_DEFERRED]
    assert deferred[0] is not None
    assert (deferred[0]["until"], deferred[0]["reason_code"]) == ("2027-03-31", "not_now")


@pytest.mark.parametrize(
    ("do", "fields", "words"),
    [
        ("yes", {"name": " "}, "Please tell us your name"),
        ("no", {"reason_code": "nonsense"}, "Please choose the reason"),
        ("not_now", {"until": "2020-01-01"}, "Please give a date after today"),
        ("not_now", {"until": "soon"}, "Please give a date such as"),
        ("yes", {"note": "x" * 2001}, "please keep it to 2000"),
        ("maybe", {}, "Please choose one of the answers"),
        ("not_me", {"colleague": "", "email": "jo@bbc.example"}, "colleague’s name"),
        ("not_me", {"colleague": "Jo", "email": "not an address"}, "email address such as"),
        ("yes", {"text_hash": "0" * 64}, "read it again"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_kept(
    sqlite_world: World, do: str, fields: dict[str, str], words: str
) -> None:
    asked(sqlite_world)
    page = say(sqlite_world, BBC, do, **fields)
    assert page.status_code == 422
    assert words in page.get_data(as_text=True)
    with sqlite_world.parts.database.read() as connection:
        assert answers_of_match(connection, MATCH) == []


def test_pressing_twice_is_one_answer(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    browser = world.browser()
    page = open_link(browser, links_to(world, BBC, "a")[0])
    for _ in range(3):
        press(browser, page, "yes")
    world.run()
    assert [e.type for e in world.heard()].count(types.ANSWER_ACCEPTED) == 1


def test_not_me_asks_a_colleague_once(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    page = say(world, BBC, "not_me", colleague="Jo Bloggs", email="jo@bbc.example")
    assert "We are asking your colleague" in page.get_data(as_text=True)
    assert [person["email"] for person in world.registry.added] == ["jo@bbc.example"]
    assert world.registry.added[0]["ground"]["basis"] == "legitimate_interests"
    world.run()
    assert world.double.envelopes[-1][1] == "jo@bbc.example"
    again = say(world, "person@bbc", "not_me", colleague="Al", email="al@bbc.example")
    assert again.status_code == 422
    assert len(world.registry.added) == 1
    say(world, "jo@bbc", "yes")
    say(world, ECC, "yes")
    world.match(types.MATCH_AGREED, state="agreed")
    world.later(seconds=121)
    introduced = {to for _, to in world.double.envelopes[3:]}
    assert "jo@bbc.example" in introduced
    assert "person@bbc.example" not in introduced


def test_reminders_go_to_the_colleague(sqlite_world: World) -> None:
    world = sqlite_world
    world.registry.people[BBC].append(a_contact(BBC, email="never-asked@bbc.example"))
    asked(world)
    world.later(seconds=60)
    say(world, BBC, "not_me", colleague="Jo Bloggs", email="jo@bbc.example")
    say(world, ECC, "yes")
    world.later(days=5.5)
    sent = [m.contact_id for m in world.ledger(Kind.REMINDER) if m.state is State.ACCEPTED]
    assert sent == [world.registry.people[BBC][2]["contact_id"]]


def test_the_registry_away_keeps_what_was_typed(sqlite_world: World) -> None:
    world = sqlite_world
    asked(world)
    world.registry.away = True
    page = say(world, BBC, "not_me", colleague="Jo Bloggs", email="jo@bbc.example")
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "try again in a minute" in text
    assert 'value="Jo Bloggs"' in text


def invite(world: World) -> None:
    world.tell(
        types.MEMBER_INVITED,
        {
            "member_id": UKPN,
            "name": "UK Power Networks",
            "sector": "business",
            "status": "invited",
            "can_be_asked": False,
            "version": 1,
            "material_version": 1,
            "changed_at": "2026-11-23T09:00:00Z",
        },
        UKPN,
    )


@pytest.mark.parametrize(
    ("do", "type_"), [("in", types.INVITATION_ACCEPTED), ("out", types.INVITATION_DECLINED)]
)
def test_an_invitation_is_shown_and_decided(sqlite_world: World, do: str, type_: str) -> None:
    world = sqlite_world
    invite(world)
    browser = world.browser()
    page = open_link(browser, links_to(world, UKPN, "i")[0])
    assert "What we hold about UK Power Networks" in page.get_data(as_text=True)
    press(browser, page, do)
    world.run()
    heard = world.heard_preferences()
    assert [event.type for event in heard] == [type_]
    assert heard[0].data == {"contact_id": f"c-{UKPN}", "member_id": UKPN}


def test_every_reason_on_the_page_is_a_code_of_the_contract() -> None:
    assert all(re.fullmatch(r"[a-z][a-z_]+", code) for code in NO_REASONS)
