"""How a page must be made, whatever it shows: valid, named, reachable, readable when narrow."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from justhtml import JustHTML
from playwright.sync_api import Page

BYTES_AT_MOST = 150_000
NARROWEST = 320  # 1,280 px at 400%, too
WIDTHS = (1280, 390)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_TWICE = """() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
 return ids.filter((id, i) => ids.indexOf(id) !== i); }"""
_TOO_WIDE = """width => [...document.querySelectorAll('main *')]
 .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scrolls, .table-responsive'))
 .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""


def faults_of(page: Page, html: str) -> list[str]:
    """What is wrong with the page that is open; `html` is what the server sent."""
    return [*_form(page, html), *_access(page), *_narrow(page)]


def _form(page: Page, html: str) -> list[str]:
    sent = JustHTML(html, collect_errors=True)
    faults = [f"HTML: {one}" for one in sent.errors]
    if inline := sent.query("[style], script:not([src]), style, [onclick]"):
        faults.append(f"{len(inline)} inline styles or scripts, which the policy forbids")
    if len(html.encode()) > BYTES_AT_MOST:
        faults.append(f"{len(html.encode()):,} bytes, of which {BYTES_AT_MOST:,} are allowed")
    headings = page.locator("h1").all_inner_texts()
    if len(headings) != 1:
        faults.append(f"{len(headings)} headings of the first level: {headings}")
    elif not page.title().startswith(headings[0].strip()):
        faults.append(f"the title {page.title()!r} does not start with {headings[0]!r}")
    if twice := page.evaluate(_TWICE):
        faults.append(f"ids that stand twice: {twice}")
    return faults


def _access(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:160]}"
        for one in found.response["violations"]
    ]


def _narrow(page: Page) -> list[str]:
    before = page.viewport_size
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    width = page.evaluate("document.documentElement.scrollWidth")
    faults = []
    if width > NARROWEST:
        faults.append(f"{width} px wide at {NARROWEST}: {page.evaluate(_TOO_WIDE, NARROWEST)}")
    if before is not None:
        page.set_viewport_size(before)
    return faults


def take_pictures(page: Page, folder: Path, name: str) -> None:
    """The whole page at each width as `<name>-<width>.png`, and its top as `<name>-top.png`."""
    before = page.viewport_size
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.screenshot(path=folder / f"{name}-top.png")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    if before is not None:
        page.set_viewport_size(before)
