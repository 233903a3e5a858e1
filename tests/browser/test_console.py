"""The console in a real browser: a proposal found, approved, undone; without JavaScript too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.matcher import wiring
from services.matcher.store.learning import put_first_codes
from shared.storage import Database
from tests.browser.conftest import NARROW, WIDE, NewPage
from tests.browser.making import faults_of
from tests.browser.served import served
from tests.integration.matcher.world import World, rules_model
from tests.integration.matcher_console.desk import PASSWORD, Office
from tests.integration.matcher_console.sample import tell_sample
from tests.servers.migrated import migrated_file

NEED = "Tendring children starting school without the words they need"


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample coalition and what was proposed for it, to be copied."""
    folder = tmp_path_factory.mktemp("proposed")
    file = migrated_file(folder, "matcher")
    database = Database(f"sqlite:///{file}", service="matcher")
    with database.write() as connection:
        put_first_codes(connection)
    world = World(database, semantic=False)
    tell_sample(world)
    world.propose()
    world.close()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture
def office(proposed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A console over the sample coalition, with one account: Ann."""
    monkeypatch.setattr(wiring, "load_model", lambda **_: rules_model())
    url = f"sqlite:///{shutil.copy(proposed, tmp_path)}"
    database = Database(url, service="matcher")
    world = World(database, database_url=url, keys_dir=tmp_path / "keys", semantic=False)
    made = Office(world)
    made.add("Ann Osei", "administrator")
    yield made
    made.close()
    world.close()
    database.close()


@pytest.fixture
def console(office: Office) -> Iterator[str]:
    """The address it is reached at."""
    with served(office.app) as address:
        yield address


def sign_in(page: Page, address: str, path: str = "/") -> None:
    page.goto(address + path)
    page.get_by_label("Email").fill("ann@coalition.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address + path)


def test_a_proposal_is_found_approved_and_undone(console: str, new_page: NewPage) -> None:
    page = new_page(java_script=False)
    sign_in(page, console, "/lists/proposals")
    expect(page.get_by_role("heading", level=1)).to_have_text("Proposals to review")
    page.get_by_text("Narrow this list").click()
    page.get_by_label("Place or postcode").fill("CO15 2AA")
    page.get_by_label("Goal").select_option("1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Tendring and everywhere in it.")).to_be_visible()
    rows = page.locator(".match-row", has_text="BBC can bring")
    rows.get_by_role("link", name=NEED).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NEED)
    page.get_by_text("Add a reason or a note").click()
    page.get_by_label("Note (optional)").first.fill("Both teams know each other.")
    page.get_by_role("button", name="Approve and ask the members").click()
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    expect(page.get_by_text("Both teams know each other.")).to_be_visible()
    page.get_by_role("button", name="Undo the approval").click()
    expect(page.get_by_role("status")).to_contain_text("The approval is undone.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("viewport", [WIDE, NARROW, {"width": 320, "height": 640}])
def test_every_page_fits_its_window_and_is_well_formed(
    console: str, new_page: NewPage, viewport: dict[str, int]
) -> None:
    page = new_page(viewport)
    sign_in(page, console)
    page.goto(f"{console}/lists/proposals")
    match = page.locator(".match-row-title a").first.get_attribute("href")
    page.goto(f"{console}/needs")
    need = page.locator(".match-row-title a").first.get_attribute("href")
    lists = [f"/lists/{name}" for name in ("proposals", "waiting", "attention", "ended")]
    for path in ["/", *lists, match, f"{match}/print", f"{match}/compare", "/needs", need, "/import", "/account",
                 "/people", "/lists/proposals?place=nowhere", "/places/E07000076", "/fairness",
                 "/fairness?by=member", "/rounds", "/rounds/what-if", "/models"]:  # fmt: skip
        page.goto(f"{console}{path}")
        _is_well_formed(page, str(path))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{path} is {width} px wide"


def test_a_morning_at_the_queue_by_keyboard_alone(console: str, new_page: NewPage) -> None:
    page = new_page()
    press = page.keyboard.press
    sign_in(page, console, "/lists/proposals")
    press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    titles = page.locator(".match-row-title a")
    for key in ("j", "j", "k", "j"):
        press(key)
    expect(titles.nth(1)).to_be_focused()
    press("x")
    expect(page.get_by_role("checkbox").nth(1)).to_be_checked()
    expect(page.get_by_text("1 of 20 ticked")).to_be_visible()
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    expect(titles.nth(1)).to_be_focused()
    press("r")
    page.wait_for_url("**/matches/*", timeout=60_000)  # the first one may wait for the index
    expect(page.locator("#reject-reason")).to_be_focused()
    page.keyboard.type("The place")
    press("Tab")
    press("Tab")
    press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Rejected. Nobody was asked.")
    press("n")
    expect(page.get_by_role("heading", name="Approve")).to_be_visible()
    press("a")
    expect(page.get_by_role("button", name="Approve and ask the members")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Approved.")


def test_many_are_rejected_without_javascript_and_home_tells_at_once(
    console: str, new_page: NewPage
) -> None:
    home = new_page()
    sign_in(home, console)
    waiting = home.locator(".tile", has_text="Proposals to review").locator(".tile-number")
    before = int(waiting.inner_text())
    page = new_page(java_script=False)
    sign_in(page, console, "/lists/proposals")
    page.get_by_text("Narrow this list").click()
    page.get_by_label("Place or postcode").fill("Essex")
    page.get_by_label("Who it is for").select_option("early_years")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name="Essex (county council's area, 12 districts)").click()
    expect(page.get_by_text("Essex and everywhere in it.")).to_be_visible()
    page.get_by_label("Keep this view as").fill("Essex, before school")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{console}/lists/proposals")
    page.get_by_role("link", name="Essex, before school").click()
    ticks = page.get_by_role("checkbox")
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.locator("#bulk-box summary").click()
    page.get_by_label("Reason", exact=True).select_option("not_relevant")
    page.get_by_role("button", name="Reject the ticked proposals").click()
    expect(page.get_by_role("status")).to_contain_text("2 proposals are rejected.")
    expect(waiting).to_have_text(str(before - 2))
    expect(home.locator("#live-said")).to_contain_text("As of")


def test_what_goes_wrong_has_pages_as_well_made_as_the_rest(
    office: Office, console: str, new_page: NewPage
) -> None:
    page, other = new_page(), new_page(away=True)
    for one in (page, other):
        sign_in(one, console, "/lists/proposals")
        one.locator(".match-row-title a").first.click()
        expect(one.get_by_role("heading", name="Why this was proposed")).to_be_visible()
    page.get_by_role("button", name="Approve and ask the members").click()
    expect(page.get_by_role("status").first).to_contain_text("Approved.")
    faults = [f"approved: {one}" for one in faults_of(page, page.content())]
    other.locator("#reject-reason").select_option("not_relevant")
    other.get_by_role("button", name="Reject", exact=True).click()
    expect(other.locator("main")).to_contain_text("Ann Osei")
    expect(other.locator("main")).to_contain_text("pproved")
    faults += [f"conflict: {one}" for one in faults_of(other, other.content())]
    office.registry.away = office.notifier.away = True
    for path in ("/matches/of-somebody-else", "/needs/unknown", "/members/unknown", "/no/such/page",
                 "/members/bbc", "/members/bbc/edit", "/needs/new", "/import", "/settings/emails",
                 "/people", "/", "/lists/proposals?text=nothing+has+this"):  # fmt: skip
        answer = other.goto(console + path)
        assert answer is not None
        assert answer.status in (200, 404, 503), path
        faults += [f"{path}: {one}" for one in faults_of(other, answer.text())]
    assert not faults, "\n".join(faults)


def test_the_sheet_of_a_match_is_one_page(console: str, new_page: NewPage) -> None:
    page = new_page()
    sign_in(page, console, "/lists/proposals")
    href = page.locator(".match-row-title a").first.get_attribute("href")
    page.goto(f"{console}{href}/print")
    sheet = page.pdf(format="A4")
    assert sheet.count(b"/Type /Page\n") == 1


def _is_well_formed(page: Page, path: str) -> None:
    assert page.locator("h1").count() == 1, path
    heading = page.locator("h1").inner_text()
    assert page.title().startswith(heading), path
    twice = page.evaluate(
        "() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        " return ids.filter((id, i) => ids.indexOf(id) !== i); }"
    )
    assert twice == [], f"{path}: ids that stand twice: {twice}"
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
        ".filter(e => !e.labels.length).map(e => e.name)"
    )
    assert nameless == [], f"{path}: fields without a label: {nameless}"
    inline = page.locator("[style], script:not([src]), style").count()
    assert inline == 0, f"{path}: inline styles or scripts, which the policy forbids"
