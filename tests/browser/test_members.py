"""A member's minute on a phone: answer, correct an offer, report an outcome; and without JavaScript."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.making import faults_of
from tests.browser.served import served
from tests.flow.house import Mail, read_mail
from tests.flow.one_process import OneProcess
from tests.flow.walk import Walk

PHONE = {"width": 320, "height": 640}


@dataclass
class Town:
    """A house whose pages are served, and the walk through it."""

    house: OneProcess
    walk: Walk
    base: str

    def link(self, kind: str, address: str) -> str:
        """Of the newest email to the address that has one of this kind."""

        def found() -> list[Mail]:
            mails = read_mail(self.house.mailbox)
            return [m for m in mails if m.delivered_to == address and f"/{kind}/" in m.text]

        self.house.settle(lambda: bool(found()), f"an email with a /{kind}/ link")
        return self.base + found()[-1].link(kind)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    house = OneProcess(tmp_path_factory.mktemp("members"), SEMANTIC="false")
    with served(house.notifier_app) as base:
        yield Town(house, Walk(house), base)
    house.close()


def test_a_members_minute(town: Town, new_page: NewPage) -> None:
    walk, phone = town.walk, new_page(PHONE)
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    walk.approve()
    ours, _ = walk.wait_for_approaches()
    walk.answer(ours, "yes", "Amara Okafor")
    answers(phone, town)
    walk.wait_for_introduction()
    corrects_an_offer(phone, town)
    town.house.advance(days=31)
    reports_an_outcome(phone, town)
    walk.sign_in()
    town.house.settle(lambda: walk.state() == "active", "the reported start")


def answers(phone: Page, town: Town) -> None:
    phone.goto(town.link("a", town.walk.parties.bringing_address))
    yes = phone.get_by_text("Yes, we would like to talk")
    expect(yes).to_be_in_viewport()
    well_made(phone)
    yes.click()
    phone.get_by_label("Your name").first.fill("Tom Reyes")
    phone.get_by_role("button", name="Yes, introduce us").click()
    expect(phone.locator("main")).to_contain_text("You said yes")


def corrects_an_offer(phone: Page, town: Town) -> None:
    phone.reload()
    phone.get_by_role("button", name="Email me a link to my pages").click()
    phone.goto(town.link("l", town.walk.parties.bringing_address))
    well_made(phone)
    phone.get_by_role("button", name=re.compile("still true")).first.click()
    expect(phone.get_by_role("status")).to_contain_text("still true")
    phone.get_by_role("link", name=re.compile("^Change")).click()
    well_made(phone)
    phone.get_by_label("What is it, in a few words?").press_sequentially(" and more")
    expect(phone.locator("#preview")).to_contain_text("match")
    expect(phone.locator("#preview")).not_to_contain_text("We can show")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("status")).to_contain_text("is saved")
    for name in ("Your emails", "Your data"):
        phone.get_by_role("link", name=name).click()
        expect(phone.get_by_role("heading", level=1)).to_have_text(name)
        well_made(phone)


def reports_an_outcome(phone: Page, town: Town) -> None:
    phone.goto(town.link("o", town.walk.parties.bringing_address))
    phone.get_by_label("Something has started").check()
    phone.get_by_label("How many?").fill("120")
    phone.get_by_label("Of what?").fill("families")
    phone.get_by_label("Your name").fill("Tom Reyes")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("main")).to_contain_text("Thank you")
    well_made(phone)
    phone.get_by_label("What has changed?").fill("One child in five now")
    phone.get_by_role("button", name="Send these details").click()
    expect(phone.locator("main")).to_contain_text("come back and tell us more")


def test_everything_on_ones_own_pages_works_without_javascript(
    town: Town, new_page: NewPage
) -> None:
    page = new_page(java_script=False)
    page.goto(town.link("l", town.walk.parties.bringing_address))
    for button, said in (("Pause", "is paused"), ("Resume", "is back")):
        page.get_by_role("button", name=re.compile(f"^{button}")).click()
        expect(page.get_by_role("status")).to_contain_text(said)
    page.get_by_role("link", name="Add something you need").click()
    page.get_by_label("What is it, in a few words?").fill("Debt advice for families")
    page.get_by_label("Tell us more").fill("Parents need free debt advice and affordable credit.")
    page.get_by_label("Where?").fill("Essex")
    page.get_by_role("button", name="Show how many could match").click()
    page.get_by_label(re.compile("county council's area")).check()
    page.get_by_role("button", name="Show how many could match").click()
    expect(page.locator("#preview")).to_contain_text("Widening access to savings and credit")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("is published")
    page.get_by_role("link", name="Your emails").click()
    page.get_by_label("Once a month").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("button", name="Erase what you hold about me").click()
    expect(page.locator("main")).to_contain_text("Please tick the box")


def well_made(page: Page) -> None:
    """Valid, accessible and no wider than the phone."""
    assert faults_of(page, page.request.get(page.url).text()) == []
