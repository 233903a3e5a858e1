"""A member's own pages without JavaScript; the minute itself is among the journeys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.served import served
from tests.flow.house import Mail, read_mail
from tests.flow.one_process import OneProcess
from tests.flow.pages import submit
from tests.flow.walk import Walk


@dataclass
class Town:
    """A house whose pages are served, and the walk through it."""

    house: OneProcess
    walk: Walk
    base: str

    def is_introduced(self) -> None:
        """From the published need to the introduction; a link to their own pages on the way."""
        self.walk.sign_in()
        self.walk.publish()
        self.walk.see_proposal()
        self.walk.approve()
        ours, theirs = self.walk.wait_for_approaches()
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
