"""Every email keeps the promises of mail: headers that are only ours, two readable parts, one thread."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from services.notifier.domain.matches import match_from
from services.notifier.domain.messages import Kind
from services.notifier.domain.schedule import Pace
from services.notifier.domain.story import tell
from services.notifier.letters import Sender
from services.notifier.mail.compose import Letter, Mailbox, compose, mime_id, thread_id
from services.notifier.mail.headers import HeaderRefused, guard, header_names, prove
from services.notifier.mail.render import Words, render
from services.notifier.mail.signing import signer
from services.notifier.mail.wording import WORDED, faults_of
from services.notifier.preview import About, preview

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MOST_IN_SUBJECT = 70
GOLDEN = Path(__file__).parent / "golden"
SENDER = Sender(
    "the Example Coalition",
    "office@coalition.example",
    "convene@coalition.example",
    "https://convene.example",
)
NASTY = "=?utf-8?q?x=0aBcc=3a_e=40x?= \r\nBcc: all@x.example\u2028 <script>alert(1)</script>"


def a_letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "subject": "Could we work together?",
        "text": "Hello\n.\nFrom here\n",
        "html": "<p>Hello</p>",
        "sender": Mailbox("The Coalition", "convene@convene.example"),
        "to": [Mailbox("Jo Bloggs", "jo@member.example")],
        "reply_to": [Mailbox("The Coalition", "office@convene.example")],
        "mime_id": mime_id("message-1", "convene@convene.example"),
        "date": NOW,
        "references": [thread_id("match-1", "convene@convene.example")],
        "unsubscribe_url": "https://convene.example/u/" + "token" * 60,
        **changes,
    }
    return Letter(**values)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=policy.default)


STORY = tell(
    match_from(
        {
            "match_id": "match-1",
            "state": "asked",
            "parties": [
                {"member_id": "a", "name": f"Council {NASTY}", "role": "needs", "listing_id": "n"},
                {"member_id": "b", "name": "BBC", "role": "brings", "listing_id": "c"},
            ],
            "need": {"title": f"Reading {NASTY}", "description": "x" * 3000},
            "capabilities": [{"member_id": "b", "title": NASTY, "description": "d", "gives": []}],
            "reasons": [{"contribution": 1, "text": NASTY}],
        }
    ),
    "b",
)
PERSON = {"member": "BBC", "name": "Jo <b>", "role": "", "email": "jo@b.example", "about": "x"}
CONTEXT: dict[str, Any] = {
    "coalition_name": "the coalition",
    "coalition_email": "office@convene.example",
    "name": "Jo",
    "step": 1,
    "unsubscribe_url": "https://convene.example/u/t",
    "why_you_get_this": "You are a contact.",
    "story": STORY,
    "reply_by": "Monday",
    "answer_url": "https://convene.example/a/t",
    "outcome_url": "https://convene.example/o/t",
    "invitation_url": "https://convene.example/i/t",
    "member": "BBC",
    "people": [PERSON, PERSON],
    "names": "Jo and Al",
    "members": f"BBC and {NASTY}",
    "first": PERSON,
    "need_title": NASTY,
    "answer_words": "Yes",
    "said_by": "Pat <i>",
    "how": "telephone",
    "opening": NASTY,
    "closing": f"{NASTY}\n{NASTY}",
    "sign_off": NASTY,
    "listings_url": "https://convene.example/l/t",
    "link_days": 60,
    "offers": [{"title": NASTY, "said": NASTY}],
    "needs": [],
    "more": 0,
    "summary": NASTY,
    "about": NASTY,
    "question": NASTY,
    "question_url": "https://convene.example/q/t",
    "single": {"url": "https://convene.example/a/t", "label": NASTY},
    "sections": [{"title": NASTY, "entries": [{"need": NASTY, "said": NASTY, "url": None}]}],
}


def words_of(kind: Kind) -> Words:
    return render(kind.value, CONTEXT)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_written_and_keeps_the_rules_of_mail(kind: Kind) -> None:
    words = words_of(kind)
    raw = compose(a_letter(subject=words.subject, text=words.text, html=words.html))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = read(raw)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert len(words.subject) <= MOST_IN_SUBJECT
    assert "\n\n\n" not in plain.get_content().replace("\r\n", "\n")
    assert "<script" not in html.get_content()
    assert "Bcc" not in message


@pytest.mark.parametrize("kind", list(Kind))
def test_html_has_one_button_at_most_and_loads_nothing(kind: Kind) -> None:
    html = words_of(kind).html
    assert html.count('<a href="https://convene.example/') <= 2
    assert len(re.findall(r"<h1\b", html)) == 1
    for forbidden in ("<img", "<script", "<link", "@import", "url(", "<form", "http://"):
        assert forbidden not in html
    for link in re.findall(r'href="([^"]+)"', html):
        assert link.startswith(("https://convene.example/", "mailto:"))


@pytest.mark.parametrize("kind", list(Kind))
def test_html_is_made_for_small_and_for_dark_windows(kind: Kind) -> None:
    html = words_of(kind).html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    assert html.index("display:none") < html.index("<h1")
    tables = re.findall(r"<table\b[^>]*>", html)
    assert all('role="presentation"' in table for table in tables)
    assert re.findall(r'width="(?!100%)', html) == []


@pytest.mark.parametrize("key", list(WORDED))
def test_the_words_of_each_email_are_as_agreed(key: str) -> None:
    """`golden/` holds each email as a reader of plain text gets it; change both together."""
    words = preview(SENDER, Pace(), key, WORDED[key].wording, About(), NOW)
    shown = f"{words.subject}\n\n{words.text}"
    assert shown == (GOLDEN / f"{key}.txt").read_text()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("x" * 601, "601 characters"),
        ("See <b>this</b>", "plain words"),
        ("See https://elsewhere.example", "link"),
        ("Write to me@member.example", "link"),
        ("Look at elsewhere.com", "link"),
        ("Dear {nobody}", "not filled"),
        ("Dear {member", "bracket"),
        ("Dear \x07", "printed"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_in_words(text: str, fault: str) -> None:
    standard = WORDED["reminder"].wording
    assert faults_of("reminder", standard) == {}
    assert fault in faults_of("reminder", replace(standard, opening=text))["opening"]


@pytest.mark.parametrize("kind", [k for k in Kind if k != Kind.CLOSING])
def test_text_and_html_lead_to_the_same_place(kind: Kind) -> None:
    words = words_of(kind)
    links = set(re.findall(r"https://convene\.example/[aoilq]/t", words.html))
    assert links == set(re.findall(r"https://convene\.example/[aoilq]/t", words.text))
    assert len(links) == 1


def test_a_name_that_nobody_gave_is_an_error() -> None:
    without = {key: value for key, value in CONTEXT.items() if key != "reply_by"}
    with pytest.raises(UndefinedError):
        render("approach", without)


def test_the_headers_are_ours_and_whole() -> None:
    message = read(compose(a_letter()))
    assert message["Message-ID"] == "<message-1@convene.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == "<match-match-1@convene.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Unsubscribe"]).strip("<>") == "https://convene.example/u/" + (
        "token" * 60
    )
    assert message["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"
    assert message["Reply-To"] == "The Coalition <office@convene.example>"


def test_the_same_letter_is_the_same_bytes() -> None:
    assert compose(a_letter()) == compose(a_letter())


@pytest.mark.parametrize(
    "subject",
    [
        NASTY,
        "=?utf-8?q?x=0aBcc=3a_e=40x?=",
        "==??utf-8?q?x=0aBcc=3a_e=40x?=?=",
        "=?utf-8?b?eApCY2M6IGFAYg==?=",
        "a\rb\nc\x00d\x85e\u2029f",
        "x" * 5000,
        "",
    ],
)
@pytest.mark.parametrize("where", ["subject", "name"])
def test_no_value_can_end_its_line(subject: str, where: str) -> None:
    letter = (
        a_letter(subject=subject)
        if where == "subject"
        else a_letter(to=[Mailbox(subject, "jo@member.example")])
    )
    raw = compose(letter)
    assert header_names(raw) == header_names(compose(a_letter()))
    assert read(raw)["Bcc"] is None


@given(st.text(max_size=120), st.text(max_size=120))
def test_whatever_people_write_the_headers_stay_ours(subject: str, name: str) -> None:
    raw = compose(a_letter(subject=subject, to=[Mailbox(name, "jo@member.example")]))
    assert header_names(raw) == header_names(compose(a_letter()))


def test_the_second_look_catches_what_the_first_let_through() -> None:
    raw = b"To: a@b\r\nBcc: c@d\r\n\r\nbody\r\n"
    with pytest.raises(HeaderRefused, match="bcc"):
        prove(raw, ["To"])
    with pytest.raises(HeaderRefused, match="missing"):
        prove(b"To: a@b\r\n\r\n", ["To", "Subject"])
    with pytest.raises(HeaderRefused, match="over 998"):
        prove(b"To: a@b\r\n\r\n" + b"x" * 999, ["To"])
    with pytest.raises(HeaderRefused, match="bare"):
        prove(b"To: a@b\r\n\r\na\nb", ["To"])
    with pytest.raises(HeaderRefused, match="no name"):
        prove(b"To: a@b\r\nnot a header\r\n\r\n", ["To"])


def test_the_guard_keeps_words_readable() -> None:
    assert guard("Größe  &\tmehr – “gut”") == "Größe & mehr – “gut”"
    assert guard("x" * 600).endswith("…")


def test_the_signature_covers_the_unsubscribe_headers() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    signed = signer("convene.example", "s1", private)(compose(a_letter()))
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: record)
    covered = re.sub(rb"\s", b"", signed.split(b"h=", 1)[1].split(b";")[0]).split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"message-id"} <= set(covered)
    spoiled = signed.replace(b"One-Click", b"Two-Click")
    assert not dkim.verify(spoiled, dnsfunc=lambda *_, **__: record)
