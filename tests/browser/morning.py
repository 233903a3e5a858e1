"""A coordinator's morning, one step a function: from the imported spreadsheet to the printed sheet."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_import import MEMBERS, NEEDS, correct, finished, upload, workbook
from tests.browser.test_introduction import open_bbc_match
from tests.flow.house import read_mail
from tests.flow.real_processes import RealProcesses

OPENING = "We met at the spring assembly, and this is what we talked about there."
PROPOSAL = ".match-row-title a"


def import_a_spreadsheet_and_correct_three_rows(
    desk: Page, house: RealProcesses, folder: Path
) -> None:
    upload(desk, house, workbook(folder / "own.xlsx", {"Partners": MEMBERS, "Wishes": NEEDS}))
    desk.get_by_role("button", name="Take it in", exact=True).click()
    finished(desk, "The file is taken in")
    expect(desk.locator(".cell-wrong")).to_have_count(3)
    with desk.expect_download() as coming:
        desk.get_by_role("link", name="Download these rows as a workbook").click()
    coming.value.save_as(folder / "again.xlsx")
    upload(desk, house, correct(folder / "again.xlsx"))
    desk.get_by_role("button", name="Take it in", exact=True).click()
    finished(desk, "The file is taken in")
    expect(desk.get_by_text("Every line was taken in.")).to_be_visible()


def review_ten_proposals(desk: Page, house: RealProcesses) -> None:
    queue = f"{house.matcher.base_url}/lists/proposals"

    def ten() -> bool:
        desk.goto(queue)
        return desk.locator(PROPOSAL).count() >= 10

    house.settle(ten, "ten proposals in the queue")
    paths = [one.get_attribute("href") for one in desk.locator(PROPOSAL).all()[:10]]
    for path in paths:
        desk.goto(f"{house.matcher.base_url}{path}")
        expect(desk.get_by_role("heading", name="Why this was proposed")).to_be_visible()
    desk.locator("#reject-reason").select_option("not_relevant")
    desk.get_by_role("button", name="Reject", exact=True).click()
    expect(desk.get_by_role("status").first).to_contain_text("Rejected. Nobody was asked.")


def compare_what_fits_a_need(desk: Page, house: RealProcesses) -> None:
    open_bbc_match(desk, house)
    desk.get_by_role("link", name="Compare with other offers for this need").click()
    expect(desk.get_by_role("columnheader").filter(has_text="BBC")).to_be_visible()
    expect(desk.get_by_role("rowheader", name="Adds up to, of 100")).to_be_visible()
    desk.locator(".back a").click()


def edit_an_email_and_approve_two(desk: Page, house: RealProcesses) -> None:
    desk.get_by_role("link", name="Read the emails first, or change their wording").click()
    desk.get_by_text("Change the subject or the first paragraph").first.click()
    desk.get_by_label("First paragraph").first.fill(OPENING)
    desk.get_by_role("button", name="Save the wording").first.click()
    expect(desk.locator("main")).to_contain_text("Wording edited by Test Coordinator")
    desk.get_by_role("link", name="Back to the match, to decide").click()
    approve(desk)
    desk.goto(f"{house.matcher.base_url}/lists/proposals?text=apprenticeships")
    desk.locator(PROPOSAL).first.click()
    approve(desk)
    house.let_grace_pass()
    house.settle(lambda: len(read_mail(house.mailbox)) >= 4, "an email to each side of both")
    assert [OPENING in one.text for one in read_mail(house.mailbox)].count(True) == 1


def approve(desk: Page) -> None:
    desk.get_by_role("button", name="Approve and ask the members").click()
    expect(desk.get_by_role("status").first).to_contain_text("Approved.")


def answer_a_members_question(desk: Page, member: Page, house: RealProcesses) -> None:
    """A member asks for a change instead of answering; the coordinator writes back and goes on."""
    mail = next(one for one in read_mail(house.mailbox) if OPENING in one.text)
    member.goto(f"{house.notifier.base_url}{mail.link('a')}")
    member.get_by_text("It would fit if something changed").click()
    member.get_by_role("radio", name="The dates").check()
    member.get_by_label("What would have to change?").fill("Could it start in September?")
    member.get_by_label("Your name").last.fill("Sam Example")
    member.get_by_role("button", name="Send this suggestion").click()
    expect(member.locator("main")).to_contain_text("You suggested a change")

    def told() -> bool:
        desk.goto(f"{house.matcher.base_url}/lists/attention")
        return desk.locator(PROPOSAL).count() > 0

    house.settle(told, "the suggestion among what needs attention")
    desk.locator(PROPOSAL).first.click()
    expect(desk.get_by_text("Could it start in September?")).to_be_visible()
    desk.get_by_role("button", name="Release").click()
    desk.get_by_text("Ask one of the members something").click()
    desk.locator("input[name=member_id]").first.check()
    desk.get_by_label("Your question").fill("September suits everybody. Shall we go on?")
    desk.get_by_role("button", name="Send the question").click()
    house.settle(
        lambda: any("September suits everybody." in one.text for one in read_mail(house.mailbox)),
        "the coordinator's words in the mailbox",
    )


def see_where_help_is_missing_and_whom_to_recruit(desk: Page, house: RealProcesses) -> None:
    def worked_out() -> bool:
        desk.goto(f"{house.matcher.base_url}/coverage")
        return desk.get_by_text("Worked out").count() > 0

    house.settle(worked_out, "whom to recruit next")
    spot = desk.locator(".coverage-spots .spot").first
    expect(spot).to_contain_text("open need")
    spot.get_by_role("link").click()
    expect(desk.get_by_role("heading", level=1)).not_to_have_text("Coverage")


def print_the_local_project_of_essex(desk: Page, house: RealProcesses) -> None:
    desk.goto(f"{house.matcher.base_url}/places/E10000012")
    expect(desk.get_by_role("heading", level=1)).to_contain_text(re.compile("Essex"))
    expect(desk.locator("main")).to_contain_text("BBC")
    sheet = desk.pdf(format="A4")
    assert sheet.count(b"/Type /Page\n") >= 1
