"""Members' pages without JavaScript, by keyboard alone, and in every state they have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPage
from tests.browser.making import faults_of
from tests.browser.served import served
from tests.flow.house import Mail, read_mail
from tests.flow.one_process import OneProcess
from tests.flow.pages import submit
from tests.flow.walk import THEMES, Theme, Walk

STOPS_AT_MOST = 60


@dataclass
class Town:
    """A house whose pages are served, and the walk through it."""

    house: OneProcess
    walk: Walk
    base: str

    def is_asked(self, walk: Walk) -> tuple[Mail, Mail]:
        walk.publish()
        walk.see_proposal()
        walk.approve()
        return walk.wait_for_approaches()

    def is_introduced(self) -> None:
        """From the published need to the introduction; a link to their own pages on the way."""
        self.walk.sign_in()
        ours, theirs = self.is_asked(self.walk)
        self.walk.answer(ours, "yes", self.walk.parties.needing_name)
        self.walk.answer(theirs, "yes", self.walk.parties.bringing_name)
        page = self.house.notifier.get(theirs.link("a"), follow_redirects=True)
        assert "Look in your email" in submit(self.house.notifier, page, {}, action="own-link").text
        self.walk.wait_for_introduction()

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
        made = Town(house, Walk(house), base)
        made.is_introduced()
        yield made
    house.close()


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


def test_a_member_answers_by_keyboard_alone(town: Town, new_page: NewPage) -> None:
    walk = Walk(town.house, THEMES[1], tag="keys")
    _, theirs = town.is_asked(walk)
    page = new_page()
    page.goto(town.base + theirs.link("a"))
    tab_to(page, page.locator("summary", has_text="No, thank you"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    tab_to(page, page.locator("#no-name"))
    page.keyboard.type("Tom Reyes")
    tab_to(page, page.get_by_role("button", name="Send no"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("You said no")
    tab_to(page, page.get_by_role("button", name="Undo this answer"))
    page.keyboard.press("Enter")
    expect(page.locator("summary", has_text="Yes, we would like to talk")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Email me a link to my pages"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your email")
    page.goto(town.link("l", walk.parties.bringing_address))
    tab_to(page, page.get_by_role("link", name=re.compile("^Change")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("What is it, in a few words?"))
    page.keyboard.press("End")
    page.keyboard.type(" and more")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is saved")


LONG = Theme(
    "long",
    "Singing for families 🎶 " + "W" * 100,
    "We would like singing with families in care homes. " + "S" * 300 + " שלום עולם مرحبا " * 40,
    "Choirs that sing with families in care homes",
    "Our choirs sing with families in care homes. " * 210,
    1,
    "expertise",
    "families",
)


def test_every_state_of_a_members_pages_is_well_made(town: Town, new_page: NewPage) -> None:
    walk = Walk(town.house, LONG, tag="states")
    _, theirs = town.is_asked(walk)
    page = new_page()
    faults: list[str] = []

    def look(state: str) -> None:
        expect(page.locator("h1")).to_have_count(1)
        faults.extend(f"{state}: {one}" for one in faults_of(page, page.content()))

    page.goto(town.base + theirs.link("a"))
    look("long texts")
    page.get_by_text("No, thank you").click()
    page.get_by_role("button", name="Send no").evaluate("button => button.form.noValidate = true")
    page.get_by_role("button", name="Send no").click()
    expect(page.locator("main")).to_contain_text("Please")
    look("an answer that lacks something")
    elsewhere = page.url
    page.context.clear_cookies()
    page.goto(elsewhere)
    look("another browser")
    page.goto(f"{town.base}/a/not-a-link")
    look("no link of ours")
    page.goto(f"{town.base}/nothing/here")
    look("no page of ours")
    own = town.link("l", town.walk.parties.bringing_address)
    page.goto(own)
    look("own listings")
    town.house.advance(days=400)
    page.goto(own)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link has grown old")
    look("an old link")
    page.get_by_role("button", name="Send me a new link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your email")
    look("a new link sent")
    page.goto(town.link("l", town.walk.parties.bringing_address))
    page.get_by_role("link", name="Your data").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Erase what you hold about me").click()
    expect(page.locator("main")).to_contain_text("You will be forgotten")
    look("erasing")
    assert not faults, "\n".join(faults)


def tab_to(page: Page, wanted: Locator) -> None:
    """By the Tab key from where the focus is, as often as it takes; fails where it leads nowhere."""
    expect(wanted).to_be_visible()
    for _ in range(STOPS_AT_MOST):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{STOPS_AT_MOST} stops of the Tab key do not lead to {wanted}")
