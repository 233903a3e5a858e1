"""A coordinator and two members at their browsers: the sample's BBC match, from review to introduction."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NARROW, NewPage
from tests.flow.house import COORDINATOR, PASSWORD, read_mail
from tests.flow.real_processes import RealProcesses, small_house

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "services" / "registry" / "sample" / "coalition.jsonl"
NEED = "Tendring children starting school without the words they need"

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[RealProcesses]:
    with small_house(tmp_path) as running:
        running.command("registry", "import", str(SAMPLE))
        yield running


def test_the_bbc_match_from_review_to_introduction(house: RealProcesses, new_page: NewPage) -> None:
    page = new_page()
    sign_in(page, house)
    open_bbc_match(page, house)
    look(page, "console-match")
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator("main")).to_contain_text(re.compile("undo", re.IGNORECASE))
    house.settle(lambda: len(read_mail(house.mailbox)) == 2, "an email to each side")
    for number in (0, 1):
        answer_yes(new_page(NARROW), house, number)
    house.settle(lambda: len(introductions(house)) >= 2, "the introduction")
    see_introduction(new_page(), house)
    page.reload()
    expect(page.locator("main")).to_contain_text("Introduced")


def sign_in(page: Page, house: RealProcesses) -> None:
    page.goto(str(house.matcher.base_url))
    look(page, "sign-in")
    page.get_by_label("Email").fill(COORDINATOR)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Review", exact=True)).to_be_visible()


def open_bbc_match(page: Page, house: RealProcesses) -> None:
    """The first proposal of the need, which is the BBC's."""

    def proposed() -> bool:
        page.goto(f"{house.matcher.base_url}/needs?text=words")
        return page.get_by_role("link", name=NEED).count() > 0

    house.settle(proposed, "the need in the console")
    page.get_by_role("link", name=NEED).first.click()
    house.settle(lambda: has_bbc(page), "the BBC among the need's proposals")
    with_bbc(page).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEED)


def has_bbc(page: Page) -> bool:
    page.reload()
    return with_bbc(page).count() > 0


def with_bbc(page: Page) -> Locator:
    """The links to the need's matches with the BBC; what was refused has none."""
    return page.locator("li", has_text="BBC").get_by_role("link", name=NEED)


def answer_yes(page: Page, house: RealProcesses, number: int) -> None:
    """From the mailbox page: open the email, follow its link in the framed HTML, say yes."""
    mail = read_mail(house.mailbox)[number]
    page.goto(f"{house.mailbox.base_url}/messages/{mail.id}")
    look(page, f"mail-{number}")
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role(
            "link", name=re.compile("answer", re.IGNORECASE)
        ).click()
    answer = opened.value
    answer.wait_for_load_state()
    look(answer, f"answer-{number}")
    answer.get_by_label(re.compile("name", re.IGNORECASE)).first.fill("Sam Example")
    answer.get_by_role("button", name=re.compile("^Yes", re.IGNORECASE)).click()
    expect(answer.locator("main")).to_contain_text(re.compile("thank", re.IGNORECASE))
    look(answer, f"answered-{number}")


def introductions(house: RealProcesses) -> list[str]:
    return [m.id for m in read_mail(house.mailbox) if m.subject.startswith("Introduction")]


def see_introduction(page: Page, house: RealProcesses) -> None:
    page.goto(f"{house.mailbox.base_url}/messages/{introductions(house)[0]}")
    look(page, "introduction")
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("BBC")
    expect(frame.locator("body")).to_contain_text("Essex County Council")
    expect(frame.locator("body")).to_contain_text(".example")


def look(page: Page, name: str) -> None:
    """Pictures of what was seen, where somebody wants to look at them."""
    folder = os.environ.get("CONVENE_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
