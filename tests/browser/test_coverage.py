"""The map of needs in a real browser: a cold spot found by mouse, by keyboard and without script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, NewPage
from tests.browser.making import faults_of
from tests.browser.test_console import console as console  # noqa: PLC0414 - fixtures used here
from tests.browser.test_console import office as office  # noqa: PLC0414
from tests.browser.test_console import proposed as proposed  # noqa: PLC0414
from tests.browser.test_console import sign_in

SHOWN = "/coverage?show=needs"
EAST = "East of England"


def box(page: Page) -> str:
    return page.locator("svg.map").get_attribute("viewBox") or ""


def test_a_place_is_found_on_the_map_without_a_mouse(console: str, new_page: NewPage) -> None:
    page = new_page()
    sign_in(page, console, "/coverage")
    page.get_by_label("Part of the country").select_option(EAST)
    page.get_by_label("Show", exact=True).select_option("Open needs")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("East of England:")).to_be_visible()
    said = page.locator(".map-said")
    page.locator("svg.map").focus()
    whole = box(page)
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("open needs")
    chosen = (said.text_content() or "").partition(":")[0]
    page.keyboard.press("+")
    assert box(page) != whole
    page.keyboard.press("0")
    assert box(page) == whole
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Local project: {chosen}")
    page.go_back()
    page.get_by_role("button", name="Zoom in").click()
    assert box(page) != whole
    for path in ("/coverage", SHOWN, "/places/E07000076"):
        page.goto(console + path)
        assert not faults_of(page, page.request.get(console + path).text())


@pytest.mark.parametrize("viewport", [NARROW])
def test_without_script_the_table_and_the_links_of_the_map_do(
    console: str, new_page: NewPage, viewport: dict[str, int]
) -> None:
    page = new_page(viewport, java_script=False)
    sign_in(page, console, SHOWN)
    drawn = page.locator("svg.map a[data-code=E07000076]")
    expect(drawn.locator("title")).to_contain_text("Tendring: ")
    shape = drawn.bounding_box()
    assert shape is not None
    assert shape["width"] > 1, "the shapes came with the map"
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    expect(page.locator("svg.map a").first).to_be_focused()
    drawn.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Local project: Tendring")
    page.go_back()
    page.get_by_role("link", name="Open needs", exact=True).click()
    page.get_by_role("row").get_by_role("link", name="Tendring").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Local project: Tendring")
