"""A real browser for tests: Debian's Chromium, driven by Playwright.

`browser` is the running browser, `new_page` opens pages of a context of their own (no cookies
shared) and fails the test when a page logged an error or asked another host for something.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 60_000  # milliseconds: a busy machine is no fault
NewPage = Callable[..., Page]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}  # a phone's


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not os.path.exists(path):  # noqa: PTH110 - one look at one file
        pytest.fail(f"There is no Chromium at {path}. Install it: apt-get install -y chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """`new_page(viewport, java_script=…, touch=…, away=…)`: `away` where another service is to be
    away and pages say so. Hosts other than 127.0.0.1 are an error.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def watch(page: Page, refused: tuple[str, ...]) -> None:
        page.on("pageerror", lambda error: faults.append(f"error on {page.url}: {error}"))
        page.on("request", lambda request: _only_here(request.url, faults))
        page.on(
            "console",
            lambda message: (
                faults.append(f"console of {page.url}: {message.text}")
                if message.type == "error" and not any(one in message.text for one in refused)
                else None
            ),
        )

    def opened(
        viewport: dict[str, int] | None = None,
        *,
        java_script: bool = True,
        touch: bool = False,
        away: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport=viewport or WIDE,  # type: ignore[arg-type]
            java_script_enabled=java_script,
            has_touch=touch,
            is_mobile=touch,
            locale="en-GB",
            timezone_id="Europe/London",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page, ("status of 4", "status of 503") if away else ("status of 4",))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def _only_here(url: str, faults: list[str]) -> None:
    host = urlsplit(url).hostname
    if host not in ("127.0.0.1", "localhost", None):
        faults.append(f"asked another host: {url}")
