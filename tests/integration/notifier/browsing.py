"""A person who reads their mail, opens a link, fills in a form and presses a button."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.notifier.world import World

_LINK = re.compile(r"http://127\.0\.0\.1:8002(/[aouiql]/[\w.\-]+)")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_HASH = re.compile(r'name="text_hash" value="([^"]+)"')


def emails(world: World) -> list[EmailMessage]:
    return [message_from_bytes(raw, policy=default) for raw in world.double.received]


def subjects_to(world: World, member_id: str) -> list[str]:
    pairs = zip(world.double.envelopes, emails(world), strict=True)
    return [str(email["Subject"]) for (_, to), email in pairs if member_id in to]


def words_to(world: World, member_id: str) -> list[str]:
    """The plain text of every email to one member."""
    pairs = zip(world.double.envelopes, emails(world), strict=True)
    bodies = [email.get_body(("plain",)) for (_, to), email in pairs if member_id in to]
    return [body.get_content() for body in bodies if body is not None]


def links_to(world: World, member_id: str, path: str) -> list[str]:
    """Paths of links of one kind (`a`, `o`, `u`, `i`) in the mail one member got, oldest first."""
    found = []
    for (_, recipient), raw in zip(world.double.envelopes, world.double.received, strict=True):
        if member_id not in recipient:
            continue
        text = raw.decode().replace("=\r\n", "").replace("=3D", "=")
        found += [link for link in _LINK.findall(text) if link.startswith(f"/{path}/")]
    return list(dict.fromkeys(found))


def open_link(browser: FlaskClient, path: str) -> TestResponse:
    return browser.get(path, follow_redirects=True)


def press(browser: FlaskClient, page: TestResponse, do: str, **fields: str) -> TestResponse:
    """Send the form of `page` whose button does `do`, and follow to the page after it."""
    text = page.get_data(as_text=True)
    token = _TOKEN.search(text)
    shown = _HASH.search(text)
    body = {
        "csrf_token": unescape(token.group(1)) if token else "",
        "text_hash": shown.group(1) if shown else "",
        "do": do,
        "name": "Sam Okafor",
        "role": "Head of partnerships",
        **fields,
    }
    path = urlsplit(page.request.url).path
    return browser.post(path, data=body, follow_redirects=True)


def say(world: World, member_id: str, do: str, **fields: str) -> TestResponse:
    """One party answers with the link of its last email."""
    browser = world.browser()
    page = open_link(browser, links_to(world, member_id, "a")[-1])
    return press(browser, page, do, **fields)
