"""A member's own pages, from the link to the erasure, over all three services."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.notifier.store.wishes import preference_of
from shared.storage import Database
from tests.flow.house import Mail, read_mail
from tests.flow.one_process import OneProcess
from tests.flow.pages import forms, submit
from tests.flow.walk import Walk


@pytest.fixture
def house(tmp_path: Path) -> Iterator[OneProcess]:
    running = OneProcess(tmp_path, SEMANTIC="false")
    yield running
    running.close()


class Member:
    """Whoever brings something, at a browser without JavaScript."""

    def __init__(self, house: OneProcess) -> None:
        self.house = house
        self.walk = Walk(house)
        self.web = house.notifier

    def is_asked(self) -> httpx.Response:
        self.walk.sign_in()
        self.walk.publish()
        self.walk.see_proposal()
        self.walk.approve()
        _, mail = self.walk.wait_for_approaches()
        return self.open(mail.link("a"))

    def open(self, path: str) -> httpx.Response:
        return self.web.get(path, follow_redirects=True)

    def goes_to_own_pages(self, page: httpx.Response) -> httpx.Response:
        """By the link in the email that a button of the page sends."""
        sent = submit(self.web, page, {}, action="own-link")
        assert "Look in your email" in sent.text
        return self.opens_newest_link()

    def opens_newest_link(self) -> httpx.Response:
        self.house.settle(lambda: bool(self.links()), "the email with the link")
        return self.open(self.links()[-1].link("l"))

    def links(self) -> list[Mail]:
        return [mail for mail in read_mail(self.house.mailbox) if "/l/" in mail.text]

    def held(self) -> dict[str, Any]:
        """Its capability, as the registry has it."""
        path = f"/v1/capabilities/{self.walk.parties.capability_id}"
        headers = {"Authorization": f"Bearer {self.house.admin_key}"}
        found: dict[str, Any] = self.house.registry.get(path, headers=headers).json()
        return found

    def contacts(self) -> list[dict[str, Any]]:
        path = f"/v1/members/{self.walk.parties.bringing}/contacts"
        headers = {"Authorization": f"Bearer {self.house.admin_key}"}
        found: list[dict[str, Any]] = self.house.registry.get(path, headers=headers).json()["items"]
        return found


def test_a_member_goes_through_its_own_pages(house: OneProcess) -> None:
    member = Member(house)
    listings = member.goes_to_own_pages(member.is_asked())
    assert member.walk.parties.theme.capability in listings.text
    corrects_own_address(member, listings)
    listings = member.opens_newest_link()
    says_still_true(member, listings)
    adds_a_need_once(member, listings)
    chooses_emails(member, listings)
    complains(member, listings)
    asks_to_be_forgotten(member, listings)
    corrects_an_offer(member, listings)
    is_forgotten(member, listings)


def says_still_true(member: Member, listings: httpx.Response) -> None:
    before = member.held()["confirmed_at"]
    member.house.advance(seconds=5)
    member.open(listings.request.url.path)
    assert member.held()["confirmed_at"] == before, "looking confirms nothing"
    done = submit(member.web, listings, {"do": "confirm_all"})
    assert "still true" in done.text
    assert member.held()["confirmed_at"] > before


def corrects_an_offer(member: Member, listings: httpx.Response) -> None:
    held = member.held()
    form = member.open(f"{listings.request.url.path}/capability/{held['id']}")
    said = {"title": "First words, and more", "description": held["description"]}
    values = {**said, "places": "Essex; Clacton-on-Sea; CO15 1AA"}
    unclear = submit_refused(member, form, values)
    assert "Which “Essex” do you mean?" in unclear.text
    assert member.held()["title"] == held["title"]
    chosen = {**said, "places": "Essex\nCO15 1AA", "pick:Essex": "E10000012"}
    saved = member.web.post(
        form.request.url, data={**fields_of(form), **chosen, "do": "save"}, follow_redirects=True
    )
    assert "is saved" in saved.text
    after = member.held()
    assert (after["title"], after["gives"]) == ("First words, and more", held["gives"])
    assert after["delivers_in"] == ["E10000012", "E07000076"]
    stale = {**fields_of(form), **chosen, "title": "Overwritten", "do": "save"}
    refused = member.web.post(form.request.url, data=stale)
    assert "Somebody else has changed this" in refused.text
    assert member.held()["title"] == "First words, and more"


def adds_a_need_once(member: Member, listings: httpx.Response) -> None:
    form = member.open(f"{listings.request.url.path}/need/new")
    text = "Parents in Tendring need free debt advice and affordable credit."
    values = {**fields_of(form), "title": "Debt advice", "description": text, "places": "Tendring"}
    seen = member.web.post(form.request.url, data={**values, "do": "preview"})
    assert "Your words sound like: 7 Widening access to savings and credit" in seen.text
    for _ in range(2):
        member.web.post(form.request.url, data={**values, "do": "save"})
    page = member.open(listings.request.url.path)
    assert page.text.count("title-need-") == 2, "one article, with its id and its label"


def chooses_emails(member: Member, listings: httpx.Response) -> None:
    page = member.open(f"{listings.request.url.path}/emails")
    wish = {"digest": "weekly", "quiet_from": "18:00", "quiet_until": "08:00"}
    half = {**fields_of(page), **wish, "quiet_until": ""}
    assert member.web.post(page.request.url, data=half).status_code == 422
    token = fields_of(page)["csrf_token"]
    member.web.post(page.request.url, data={**wish, "csrf_token": token, "wanted": "follow_ups"})
    [contact] = member.contacts()
    assert contact["choices"] == {"proposals": False, "follow_ups": True}
    database = Database(member.house.database_url("notifier"), service="notifier")
    with database.read() as connection:
        kept = preference_of(connection, contact["id"])
    database.close()
    assert asdict(kept) == wish
    again = {**wish, "csrf_token": token, "wanted": ["proposals", "follow_ups"]}
    member.web.post(page.request.url, data=again)
    member.house.settle(lambda: member.contacts()[0]["can_be_asked"], "proposals wanted again")


def corrects_own_address(member: Member, listings: httpx.Response) -> None:
    path = f"{listings.request.url.path}/data"
    page = member.open(path)
    assert member.walk.parties.bringing_address in page.text
    held = member.open(f"{path}.json").json()
    assert held["registry"]["email"] == member.walk.parties.bringing_address
    assert [one["kind"] for one in held["notifier"]["messages"]] == ["approach", "fresh_link"]
    member.house.advance(seconds=601)
    moved = submit(member.web, page, {"email": "new.tom@bbc.example", "name": "Tom"})
    assert "Look in your email" in moved.text
    assert member.open(path).status_code == 404, "the old link has ended"
    member.house.settle(lambda: len(member.links()) == 2, "a link to the new address")
    assert member.links()[-1].delivered_to == "new.tom@bbc.example"


def asks_to_be_forgotten(member: Member, listings: httpx.Response) -> None:
    path = f"{listings.request.url.path}/data"
    unsure = member.web.post(path, data={**fields_of(member.open(path)), "do": "erase"})
    assert unsure.status_code == 422
    asked = submit(member.web, member.open(path), {"sure": "yes"})
    assert "You will be forgotten" in asked.text
    member.house.settle(lambda: len(member.contacts()) == 1, "waiting while a match is open")


def is_forgotten(member: Member, listings: httpx.Response) -> None:
    """What was asked for is done once no match that asked the person is open any more."""
    newest = member.links()[-1].link("l")
    member.house.settle(lambda: member.walk.state() == "withdrawn", "the changed offer's match")
    member.house.advance(seconds=6)
    member.house.settle(lambda: not member.contacts(), "the contact erased")
    assert member.open(listings.request.url.path).status_code == 404
    assert member.open(newest).status_code == 404
    assert member.links() == [], "the local mailbox forgets too"


def submit_refused(member: Member, page: httpx.Response, values: dict[str, str]) -> httpx.Response:
    answer = member.web.post(page.request.url, data={**fields_of(page), **values, "do": "save"})
    assert answer.status_code == 422
    return answer


def fields_of(page: httpx.Response) -> dict[str, str]:
    """What the form of the page sends when nothing is changed; one value of each name."""
    form = next(form for form in forms(page) if form.method == "post")
    return dict(form.fields)


def complains(member: Member, listings: httpx.Response) -> None:
    """On the page; a coordinator sees the clock, acknowledges and closes it."""
    house, path = member.house, f"{listings.request.url.path}/data"
    empty = submit_refused_complaint(member, path)
    assert "Please write what you complain of." in empty.text
    said = "You wrote to me at home"
    sent = submit(member.web, member.open(path), {"complaint": said})
    assert "We have your complaint." in sent.text

    desk = house.matcher
    assert "Tell the person by 31 December 2026 that it arrived." in desk.get("/").text
    page = desk.get("/complaints")
    assert said in page.text
    early = submit(desk, page, {}, action="acknowledge")
    assert "Being looked into" in early.text
    closing = {"outcome": "upheld", "said": "We write to the office from now on."}
    closed = submit(desk, early, closing, action="close")
    assert "It was right" in closed.text
    assert "Look at the complaint" not in desk.get("/").text
    assert "answered" in member.open(path).text

    typed = {"text": "Too many letters", "who": "Jo Park, 01632 960000", "how": "telephone"}
    assert "Too many letters" in submit(desk, closed, typed).text


def submit_refused_complaint(member: Member, path: str) -> httpx.Response:
    values = {**fields_of(member.open(path)), "do": "complain", "complaint": " "}
    answer = member.web.post(path, data=values)
    assert answer.status_code == 422
    return answer
