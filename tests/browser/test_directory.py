"""A need is added in a real browser: by keyboard with matches while it is typed, and without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, NewPage
from tests.browser.making import faults_of
from tests.browser.served import served
from tests.browser.test_introduction import SAMPLE
from tests.flow.house import COORDINATOR, PASSWORD
from tests.flow.one_process import OneProcess

TITLE = "Toddlers in Harwich hear too few stories"
TEXT = "Parents of toddlers would like songs, stories and short films before they start school."
TICK = re.compile("Tick it ?: 1 Strong")
FOUND = "First Words: early talk and stories for places that need them"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneProcess]:
    """All three services over the sample coalition."""
    folder: Path = tmp_path_factory.mktemp("directory")
    made = OneProcess(folder, SEMANTIC="false")
    headers = {
        "Content-Type": "application/jsonl",
        "Authorization": f"Bearer {made.admin_key}",
    }
    sent = made.registry.post("/v1/imports", content=SAMPLE.read_bytes(), headers=headers)
    assert sent.status_code == 202, sent.text
    made.settle(lambda: True, "the import")
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(house: OneProcess) -> Iterator[str]:
    with served(house.matcher_app) as address:
        yield address


def open_form(page: Page, console: str) -> None:
    page.goto(f"{console}/needs/new")
    page.get_by_label("Email").fill(COORDINATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a need")


def arrive(page: Page, house: OneProcess, title: str) -> None:
    """Saved, on its way, and here once the worker has heard of it."""
    expect(page.locator("main")).to_contain_text("is saved")
    house.settle(lambda: True, "the need in the projection")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_need_is_typed_by_keyboard_and_its_matches_show_meanwhile(
    house: OneProcess, console: str, new_page: NewPage
) -> None:
    page = new_page()
    open_form(page, console)
    page.get_by_label("Member", exact=True).focus()
    for text in ("Essex County Council", TITLE, TEXT, "Tendring"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    preview = page.get_by_role("region", name="What it would find")
    expect(preview.get_by_role("link", name=FOUND)).to_be_visible()
    expect(preview).to_contain_text("Goals read from the text")
    preview.get_by_role("button", name=TICK).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("1 Strong foundations in early years")).to_be_checked()
    expect(preview).not_to_contain_text("Goals read from the text")
    assert page.url.endswith("/needs/new"), "nothing was sent yet"
    page.get_by_role("button", name="Publish").focus()
    page.keyboard.press("Enter")
    arrive(page, house, TITLE)
    expect(page.locator("main")).to_contain_text(FOUND)


def test_a_need_is_added_without_javascript_on_a_telephone(
    house: OneProcess, console: str, new_page: NewPage
) -> None:
    page = new_page(NARROW, java_script=False)
    open_form(page, console)
    page.get_by_label("Member", exact=True).fill("Essex County Council")
    page.get_by_label("What is needed, in a few words").fill(f"{TITLE} again")
    page.get_by_label("Describe it").fill(TEXT)
    page.get_by_label("Where", exact=False).first.fill("Essex")
    page.get_by_role("button", name="Show matches").click()
    preview = page.get_by_role("region", name="What it would find")
    expect(preview.get_by_role("link", name=FOUND)).to_be_visible()
    page.get_by_role("button", name="Essex (county council").click()
    page.get_by_role("button", name=TICK).click()
    expect(page.get_by_label("1 Strong foundations in early years")).to_be_checked()
    expect(page.get_by_label("Describe it")).to_have_value(TEXT)
    page.get_by_role("button", name="Publish").click()
    arrive(page, house, f"{TITLE} again")


def test_the_forms_are_well_made(console: str, new_page: NewPage) -> None:
    """Those that no link leads to in a walk, and how they look when something is wrong."""
    page = new_page({"width": 320, "height": 640})
    open_form(page, console)
    faults = []
    for path in ("/needs/new", "/capabilities/new", "/members/new", "/members/bbc/conflicts",
                 "/members/bbc/edit", "/capabilities/bbc-first-words/edit", "/duplicates",
                 "/capabilities", "/members", "/members/bbc", "/people", "/reasons"):  # fmt: skip
        answer = page.goto(f"{console}{path}")
        assert answer is not None
        faults += [f"{path}: {fault}" for fault in faults_of(page, answer.text())]
    page.goto(f"{console}/needs/new")
    page.locator("#member").fill("Nobody")
    page.locator("#title").fill("A")
    page.locator("#places").fill("Essex")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#member-fault")).to_be_visible()
    faults += [f"faulty: {fault}" for fault in faults_of(page, page.content())]
    assert not faults, "\n".join(faults)
