"""Every page that a coordinator, a member or a reader of emails can open is made as it should be.

With `CONVENE_PICTURES=<folder>` (what `make pictures` sets) each is also taken as a picture.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, NewPage
from tests.browser.making import faults_of, take_pictures
from tests.browser.test_introduction import (
    SAMPLE,
    answer_yes,
    introductions,
    open_bbc_match,
    sign_in,
)
from tests.browser.tour import kind_of, walk
from tests.flow.house import read_mail
from tests.flow.real_processes import RealProcesses, small_house

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

FOLLOW_UP_AFTER = 100  # days, more than the longest that a follow-up waits


@pytest.fixture
def house(tmp_path: Path) -> Iterator[RealProcesses]:
    with small_house(tmp_path) as running:
        running.command("registry", "import", str(SAMPLE))
        yield running


def test_every_page_is_well_made(house: RealProcesses, new_page: NewPage) -> None:
    desk = new_page()
    sign_in(desk, house)
    open_bbc_match(desk, house)
    faults = look_at(desk, "console", "/proposal")
    desk.get_by_role("button", name=re.compile("^Approve")).click()
    house.let_grace_pass()
    house.settle(lambda: len(read_mail(house.mailbox)) == 2, "an email to each side")
    faults += look_at_members_pages(house, new_page(), "asked")
    for number in (0, 1):
        answer_yes(new_page(NARROW), house, number)
    house.let_grace_pass()
    house.settle(lambda: len(introductions(house)) >= 2, "the introduction")
    house.advance(days=FOLLOW_UP_AFTER)
    house.settle(lambda: any("/o/" in one.text for one in read_mail(house.mailbox)), "a follow-up")
    sign_in_again(desk, house)
    faults += look_at_all(desk, str(house.matcher.base_url), "console")
    faults += look_at_members_pages(house, new_page(), "introduced")
    faults += look_at_all(new_page(), str(house.mailbox.base_url), "mailbox")
    assert not faults, "\n".join(faults)


def sign_in_again(page: Page, house: RealProcesses) -> None:
    """The days that went by ended the session."""
    page.goto(str(house.matcher.base_url))
    if page.get_by_label("Password", exact=True).count():
        sign_in(page, house)


def look_at_all(page: Page, start: str, name: str) -> list[str]:
    faults = []
    for path in walk(page, f"{start}/"):
        faults += look_at(page, name, path)
    return faults


def look_at_members_pages(house: RealProcesses, page: Page, when: str) -> list[str]:
    """One page of each kind that emails lead to."""
    base = str(house.notifier.base_url)
    links = {
        urlsplit(url).path.split("/")[1]: url
        for mail in read_mail(house.mailbox)
        for url in re.findall(r"https?://[^\s<>\"]+", mail.text)
        if url.startswith(base)
    }
    assert links, "no email has a link to a page"
    faults = []
    for kind, url in links.items():
        page.goto(url)
        expect(page.locator("h1")).to_have_count(1)
        faults += look_at(page, f"member-{when}", f"/{kind}")
    return faults


def look_at(page: Page, name: str, path: str) -> list[str]:
    """Faults of the open page, each with where it is."""
    html = page.request.get(page.url).text()
    folder = os.environ.get("CONVENE_PICTURES")
    if folder:
        words = "-".join(one for one in kind_of(path) if one) or "home"
        plain = words.replace("*", "x").replace("?", "q")
        take_pictures(page, Path(folder), f"{name}-{plain}")
    return [f"{name} {path}: {fault}" for fault in faults_of(page, html)]
