"""Whatever comes back is read without raising, and only what we understand is acted on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.mail.addresses import envelope_sender, return_token
from services.notifier.mail.bounces import Returned, read_report

TOKEN = return_token(b"k" * 32, "message-1")


def report(*, action: str = "failed", status: str = "5.1.1", to: str | None = None) -> bytes:
    recipient = to or envelope_sender("convene@convene.example", TOKEN)
    return f"""From: MAILER-DAEMON@mx.example
To: {recipient}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; jo@member.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no

--b
Content-Type: text/rfc822-headers

Message-ID: <message-1@convene.example>
Subject: Could we

--b--
""".replace("\n", "\r\n").encode()


def test_a_delivery_report_names_its_message_three_ways() -> None:
    found = read_report(report())
    assert found.kind is Returned.BOUNCE
    assert (found.status, found.token) == ("5.1.1", TOKEN)
    assert found.mime_id == "message-1@convene.example"
    assert found.recipient == "jo@member.example"
    assert found.bad_address


def test_the_envelope_is_trusted_before_the_headers() -> None:
    other = return_token(b"k" * 32, "message-2")
    sender = envelope_sender("convene@convene.example", other)
    assert read_report(report(), sender).token == other


@pytest.mark.parametrize(
    ("action", "status", "kind", "bad"),
    [
        ("failed", "5.2.2", Returned.BOUNCE, False),
        ("failed", "5.1.10", Returned.BOUNCE, True),
        ("delayed", "4.4.7", Returned.DELAY, False),
        ("delivered", "2.0.0", Returned.OTHER, False),
        ("", "5.7.1", Returned.BOUNCE, False),
        ("", "4.2.0", Returned.DELAY, False),
    ],
)
def test_each_action_and_status_has_its_meaning(
    action: str, status: str, kind: Returned, *, bad: bool
) -> None:
    found = read_report(report(action=action, status=status))
    assert (found.kind, found.bad_address) == (kind, bad)


def test_a_complaint_is_one() -> None:
    raw = report().replace(b"message/delivery-status", b"message/feedback-report")
    raw = raw.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse")
    assert read_report(raw).kind is Returned.COMPLAINT
    assert read_report(raw.replace(b"abuse", b"not-spam")).kind is Returned.OTHER


def test_an_automatic_reply_is_left_alone() -> None:
    raw = (
        b"From: jo@member.example\r\nAuto-Submitted: auto-replied\r\n\r\nOn leave, 5.1.1 weeks.\r\n"
    )
    assert read_report(raw).kind is Returned.OTHER


@given(st.binary(max_size=400))
def test_nothing_raises(raw: bytes) -> None:
    read_report(raw)
    read_report(report()[:200] + raw)
    read_report(raw + report())


def test_the_token_cannot_be_guessed_and_survives_case() -> None:
    assert return_token(b"x" * 32, "message-1") != TOKEN
    assert read_report(report(to=f"CONVENE+B-{TOKEN.upper()}@CONVENE.EXAMPLE")).token == TOKEN
