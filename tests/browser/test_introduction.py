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
SUBJECT = "Stories for children in Tendring"
OPENING = "We met at the Clacton fair, and you spoke of stories for small children."

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
    ask_the_bbc(page)
    house.settle(lambda: len(read_mail(house.mailbox)) == 1, "the question to the BBC")
    answer_question(new_page(NARROW), house)
    see_answer(page)
    edit_email_to_the_bbc(page)
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator("main")).to_contain_text(re.compile("undo", re.IGNORECASE))
    house.let_grace_pass()
    house.settle(lambda: len(read_mail(house.mailbox)) == 3, "an email to each side")
    assert [mail.subject for mail in read_mail(house.mailbox)].count(SUBJECT) == 1
    for number in (1, 2):
        answer_yes(new_page(NARROW), house, number)
    house.let_grace_pass()
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
    answer.get_by_text("Yes, we would like to talk").click()
    answer.get_by_label(re.compile("name", re.IGNORECASE)).first.fill("Sam Example")
    answer.get_by_role("button", name=re.compile("^Yes", re.IGNORECASE)).click()
    expect(answer.locator("main")).to_contain_text(re.compile("thank", re.IGNORECASE))
    look(answer, f"answered-{number}")


def ask_the_bbc(page: Page) -> None:
    page.get_by_text("Ask one of the members something").click()
    page.get_by_role("radio", name="BBC").check()
    page.get_by_label("Your question").fill("Could you start in January?")
    look(page, "console-ask")
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_role("status")).to_contain_text("The question goes to BBC by email.")


def answer_question(page: Page, house: RealProcesses) -> None:
    """From the mailbox to the page behind the link; nobody else is named there."""
    [mail] = read_mail(house.mailbox)
    page.goto(f"{house.mailbox.base_url}/messages/{mail.id}")
    look(page, "mail-question")
    page.goto(f"{house.notifier.base_url}{mail.link('q')}")
    expect(page.locator("main")).to_contain_text("Could you start in January?")
    expect(page.locator("main")).not_to_contain_text("Essex")
    page.get_by_label("Your answer").fill("Yes, from the 11th.")
    page.get_by_label("Your name").fill("Pat Lee")
    look(page, "question")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator("main")).to_contain_text("Your answer is with the coordinators")


def see_answer(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("region", name="Questions and answers")).to_contain_text(
        "Yes, from the 11th."
    )
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("region", name="Questions and answers")).to_contain_text("Read by")


def edit_email_to_the_bbc(page: Page) -> None:
    """Refused with a link in it, saved without; the frame shows the email as it will go."""
    page.get_by_role("link", name="Read the emails first").click()
    look(page, "console-emails")
    letter = page.get_by_role("region", name="To BBC")
    letter.get_by_text("Change the subject or the first paragraph").click()
    letter.get_by_label("Subject").fill(SUBJECT)
    letter.get_by_label("First paragraph").fill("Look at www.bbc.co.uk first.")
    letter.get_by_role("button", name="Save the wording").click()
    expect(letter).to_contain_text("This holds a link or an address.")
    look(page, "console-emails-refused")
    letter.get_by_label("First paragraph").fill(OPENING)
    letter.get_by_role("button", name="Save the wording").click()
    expect(letter).to_contain_text("Wording edited by")
    frame = page.frame_locator("iframe[title='The email to BBC']")
    expect(frame.locator("body")).to_contain_text(OPENING)
    look(page, "console-emails-edited")
    page.get_by_role("link", name="Back to the match, to decide").click()


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
