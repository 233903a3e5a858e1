"""The local mailbox: takes mail by SMTP, shows it in a frame that can do nothing, and forgets it."""

import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from services.notifier.mail.compose import Letter, Mailbox, compose
from services.notifier.mailbox.box import Box
from services.notifier.mailbox.receive import receiver
from services.notifier.mailbox.web import build_mailbox
from shared.clock import ManualClock
from tests.integration.notifier.world import START, settings_for


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def a_letter(**changes: object) -> bytes:
    letter = {
        "subject": "Grüße & <b>more</b>",
        "text": "Hello\nhttp://127.0.0.1:8002/a/token\n",
        "html": '<p>Hello <script>alert(1)</script><a href="http://127.0.0.1:8002/a/x">go</a></p>',
        "sender": Mailbox("Coalition", "office@coalition.example"),
        "to": [Mailbox("Zoë", "zoe@member.example")],
        "reply_to": [],
        "mime_id": "one@convene.example",
        "date": datetime(2026, 11, 23, tzinfo=UTC),
        **changes,
    }
    return compose(Letter(**letter))  # type: ignore[arg-type]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    kept = Box(tmp_path / "mailbox")
    address = f"127.0.0.1:{free_port()}"
    server = receiver(kept, ManualClock(START), address)
    server.start()
    kept_address = address.rpartition(":")
    with smtplib.SMTP(kept_address[0], int(kept_address[2])) as client:
        client.sendmail("bounce@convene.example", ["zoe@member.example"], a_letter())
    yield kept
    server.stop()


@pytest.fixture
def browser(tmp_path: Path, box: Box) -> FlaskClient:
    settings = settings_for(tmp_path, "", "smtp://127.0.0.1:1")
    return build_mailbox(settings, box, ManualClock(START)).test_client()


def test_what_was_sent_is_listed_shown_and_given_as_json(browser: FlaskClient, box: Box) -> None:
    inbox = browser.get("/").get_data(as_text=True)
    assert "zoe@member.example" in inbox
    assert "Grüße &amp; &lt;b&gt;more&lt;/b&gt;" in inbox
    item = browser.get("/api/messages").get_json()["items"][0]
    assert item["subject"] == "Grüße & <b>more</b>"
    assert item["headers"]["To"] == "Zoë <zoe@member.example>"
    assert item["text"].startswith("Hello")
    page = browser.get(f"/messages/{item['id']}").get_data(as_text=True)
    assert 'href="http://127.0.0.1:8002/a/token"' in page
    assert browser.get(f"/messages/{item['id']}/source").data == next(box.all()).raw


def test_the_frame_can_run_and_load_nothing(browser: FlaskClient) -> None:
    item = browser.get("/api/messages").get_json()["items"][0]
    frame = browser.get(f"/messages/{item['id']}/html")
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert 'target="_blank"' in frame.get_data(as_text=True)
    page = browser.get(f"/messages/{item['id']}")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "allow-scripts" not in page.get_data(as_text=True)


def test_it_can_be_cleared(browser: FlaskClient, box: Box) -> None:
    assert browser.delete("/api/messages").get_json() == {"cleared": 1}
    assert box.count() == 0
    assert "Nothing has been sent yet" in browser.get("/").get_data(as_text=True)


@pytest.mark.parametrize("name", ["x", "..", "0" * 36, "../../keys/link"])
def test_unknown_messages_are_not_found(browser: FlaskClient, name: str) -> None:
    assert browser.get(f"/messages/{name}").status_code == 404


@pytest.mark.processes
def test_the_command_serves_both_sides_until_it_is_told_to_stop(tmp_path: Path) -> None:
    smtp, web = free_port(), free_port()
    environment = {
        "PATH": "/usr/bin:/bin",
        "CONVENE_KEYS_DIR": str(tmp_path / "keys"),
        "CONVENE_MAILBOX_SMTP": f"127.0.0.1:{smtp}",
        "CONVENE_MAILBOX_WEB": f"127.0.0.1:{web}",
        "CONVENE_MAILBOX_FOLDER": str(tmp_path / "mailbox"),
    }
    command = [sys.executable, "-m", "services.notifier", "mailbox"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while not answers(web) and time.monotonic() < deadline:
                time.sleep(0.05)
            with smtplib.SMTP("127.0.0.1", smtp) as client:
                client.sendmail("a@b.example", ["zoe@member.example"], a_letter())
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/api/messages", timeout=5) as page:
                assert b"zoe@member.example" in page.read()
        finally:
            process.terminate()
        assert process.wait(timeout=15) == 0


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as page:
            return bool(page.status == 200)
    except OSError:
        return False
