"""A member's minute: answer on a phone, correct an offer, report an outcome; one step a function.

Everything is done by touch, from links in emails, as somebody does who opens one between meetings.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.making import faults_of
from tests.browser.morning import approve
from tests.browser.test_introduction import sign_in
from tests.flow.house import Mail
from tests.flow.real_processes import RealProcesses
from tests.flow.walk import Walk

FOLLOW_UP_AFTER = 31  # days


def link(walk: Walk, house: RealProcesses, kind: str) -> str:
    """Of the newest email to whoever brings something that has one of this kind."""

    def found() -> list[Mail]:
        mails = walk.mail_to(walk.parties.bringing_address)
        return [one for one in mails if f"/{kind}/" in one.text]

    house.settle(lambda: bool(found()), f"an email with a /{kind}/ link")
    return f"{house.notifier.base_url}{found()[-1].link(kind)}"


def asked(desk: Page, walk: Walk, house: RealProcesses) -> None:
    """A coordinator approves, and the other side has said yes: all waits for this member."""
    sign_in(desk, house)
    walk.sign_in()
    walk.publish()
    walk.see_proposal()
    desk.goto(f"{house.matcher.base_url}/matches/{walk.match_id}")
    approve(desk)
    house.let_grace_pass()
    house.settle(lambda: walk.state() == "asked", "both sides asked")
    [theirs] = walk.mail_to(walk.parties.needing_address)
    walk.answer(theirs, "yes", walk.parties.needing_name)


def answer_on_a_phone(phone: Page, walk: Walk, house: RealProcesses) -> None:
    phone.goto(link(walk, house, "a"))
    yes = phone.get_by_text("Yes, we would like to talk")
    expect(yes).to_be_in_viewport()
    well_made(phone)
    yes.tap()
    phone.get_by_label("Your name").first.fill("Tom Reyes")
    phone.get_by_role("button", name="Yes, introduce us").tap()
    expect(phone.locator("main")).to_contain_text("You said yes")
    well_made(phone)


def correct_an_offer(phone: Page, walk: Walk, house: RealProcesses) -> None:
    """On the way from the answer: by a link that a button of that page sends."""
    phone.get_by_role("button", name="Email me a link to my pages").tap()
    expect(phone.locator("main")).to_contain_text("Look in your email")
    well_made(phone)
    phone.goto(link(walk, house, "l"))
    well_made(phone)
    phone.get_by_role("link", name=re.compile("^Change")).tap()
    title = phone.get_by_label("What is it, in a few words?")
    expect(title).to_be_visible()
    well_made(phone)
    title.press_sequentially(" and more")
    expect(phone.locator("#preview")).to_contain_text("match")
    expect(phone.locator("#preview")).not_to_contain_text("We can show")
    phone.get_by_role("button", name="Save").tap()
    expect(phone.get_by_role("status")).to_contain_text("is saved")


def report_an_outcome(phone: Page, walk: Walk, house: RealProcesses) -> None:
    walk.wait_for_introduction()
    house.advance(days=FOLLOW_UP_AFTER)
    phone.goto(link(walk, house, "o"))
    phone.get_by_label("Something has started").tap()
    phone.get_by_label("How many?").fill("120")
    phone.get_by_label("Of what?").fill("families")
    phone.get_by_label("Your name").fill("Tom Reyes")
    phone.get_by_role("button", name="Send").tap()
    expect(phone.locator("main")).to_contain_text("Thank you")
    well_made(phone)
    phone.get_by_label("What has changed?").fill("One child in five now")
    phone.get_by_role("button", name="Send these details").tap()
    expect(phone.locator("main")).to_contain_text("come back and tell us more")


def heard_by_the_coordinators(walk: Walk, house: RealProcesses) -> None:
    walk.sign_in()  # a month is longer than a session
    house.settle(lambda: walk.state() == "active", "the reported start")


def well_made(page: Page) -> None:
    """Valid, accessible and no wider than the narrowest phone."""
    assert faults_of(page, page.request.get(page.url).text()) == []
