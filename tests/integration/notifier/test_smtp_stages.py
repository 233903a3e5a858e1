"""Every row of the SMTP fault table, against a real socket."""

from dataclasses import replace

import pytest

from services.notifier.mail.smtp import Delivery, Stage, Verdict, send, server_from
from tests.integration.notifier.smtp_double import DROP, HANG, SmtpDouble, smtp_double

RAW = b"Subject: x\r\n\r\n.a line with a dot\r\nbye\r\n"


def deliver(double: SmtpDouble, dots: list[str] | None = None) -> Delivery:
    server = replace(server_from(double.url, timeout_seconds=2), dot_timeout_seconds=0.5)

    def before_dot() -> None:
        if dots is not None:
            dots.append("dot")

    return send(server, "from@convene.example", "to@member.example", RAW, before_dot)


ROWS = [
    ("connect", DROP, Verdict.RETRY),
    ("connect", "554 5.7.1 no thanks", Verdict.RETRY),
    ("connect", "421 busy", Verdict.RETRY),
    ("ehlo", DROP, Verdict.RETRY),
    ("mail", DROP, Verdict.RETRY),
    ("mail", "451 4.3.0 later", Verdict.RETRY),
    ("mail", "550 5.7.1 sender not ours", Verdict.RETRY),
    ("mail", "552 5.3.4 too big", Verdict.REFUSED),
    ("rcpt", DROP, Verdict.RETRY),
    ("rcpt", "450 4.2.0 greylisted", Verdict.RETRY),
    ("rcpt", "550 5.1.1 no such user", Verdict.REFUSED),
    ("rcpt", "550 5.7.1 not for you", Verdict.REFUSED),
    ("rcpt", "530 5.7.0 sign in first", Verdict.RETRY),
    ("data", DROP, Verdict.RETRY),
    ("data", "451 4.3.0 later", Verdict.RETRY),
    ("data", "554 5.5.1 no", Verdict.REFUSED),
    ("dot", "451 4.3.0 try again", Verdict.RETRY),
    ("dot", "421 4.3.2 closing", Verdict.RETRY),
    ("dot", "554 5.7.1 spam", Verdict.REFUSED),
    ("dot", "550 5.1.1 no such user", Verdict.REFUSED),
    ("dot", DROP, Verdict.AMBIGUOUS),
    ("dot", HANG, Verdict.AMBIGUOUS),
    ("dot", "what is this", Verdict.AMBIGUOUS),
    ("dot", "354 go on", Verdict.AMBIGUOUS),
    ("quit", DROP, Verdict.ACCEPTED),
    ("quit", "421 bye", Verdict.ACCEPTED),
]


@pytest.mark.parametrize(("stage", "reply", "verdict"), ROWS)
def test_each_answer_at_each_stage_has_its_class(stage: str, reply: str, verdict: Verdict) -> None:
    with smtp_double(script={stage: reply}) as double:
        delivery = deliver(double)
    assert delivery.verdict is verdict
    expected = Stage.DOT if stage == "quit" else Stage(stage)
    assert delivery.stage is expected


def test_a_drop_in_the_middle_of_the_body_did_not_deliver() -> None:
    with smtp_double(drop_in_body_after_bytes=5) as double:
        delivery = deliver(double)
    # The drop shows at the latest when the dot is answered; nothing was kept.
    assert delivery.verdict in {Verdict.RETRY, Verdict.AMBIGUOUS}
    assert not double.received


def test_nobody_listens() -> None:
    with smtp_double() as double:
        port = double.port
    server = replace(server_from(f"smtp://127.0.0.1:{port}", timeout_seconds=1))
    delivery = send(server, "a@b.example", "c@d.example", RAW, lambda: None)
    assert (delivery.verdict, delivery.stage) == (Verdict.RETRY, Stage.CONNECT)


def test_a_delivery_keeps_dots_and_names_one_recipient() -> None:
    dots: list[str] = []
    with smtp_double() as double:
        delivery = deliver(double, dots)
    assert delivery.verdict is Verdict.ACCEPTED
    assert delivery.code == 250
    assert double.received == [RAW]
    assert double.envelopes == [("from@convene.example", "to@member.example")]
    assert dots == ["dot"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_before_the_dot_is_called_only_with_everything_else_sent(stage: str) -> None:
    dots: list[str] = []
    with smtp_double(script={stage: "451 later"}) as double:
        deliver(double, dots)
    assert dots == []


def test_when_before_dot_raises_no_dot_is_written() -> None:
    def refuse() -> None:
        raise LookupError("cancelled")

    with smtp_double() as double:
        server = server_from(double.url, timeout_seconds=2)
        with pytest.raises(LookupError):
            send(server, "a@b.example", "c@d.example", RAW, refuse)
    assert not double.received


@pytest.mark.parametrize(
    ("stage", "reply", "suppresses"),
    [
        ("rcpt", "550 5.1.1 no such user", True),
        ("dot", "550 5.1.10 null mx", True),
        ("rcpt", "550 5.2.2 mailbox full", False),
        ("rcpt", "550 no such user", False),
        ("rcpt", "450 4.1.1 perhaps later", False),
    ],
)
def test_only_a_bad_address_is_suppressed(stage: str, reply: str, suppresses: bool) -> None:
    with smtp_double(script={stage: reply}) as double:
        assert deliver(double).suppresses is suppresses


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example:25", "smtp+tls://x"])
def test_an_address_of_a_mail_server_that_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP address"):
        server_from(url)


def test_the_parts_of_a_mail_server_address() -> None:
    server = server_from("smtp+starttls://us%40er:p%2Fw@mail.example")
    assert (server.host, server.port, server.user, server.password) == (
        "mail.example",
        587,
        "us@er",
        "p/w",
    )
    assert not server.is_local


def test_a_password_never_goes_over_a_line_without_encryption_that_was_asked_for() -> None:
    with smtp_double() as double:
        url = double.url.replace("smtp://", "smtp+starttls://user:secret@")
        server = server_from(url, timeout_seconds=2)
        delivery = send(server, "a@b.example", "c@d.example", RAW, lambda: None)
    assert (delivery.verdict, delivery.stage) == (Verdict.RETRY, Stage.STARTTLS)
    assert not double.received


def test_a_server_that_takes_no_password_keeps_the_message_waiting() -> None:
    with smtp_double() as double:
        server = server_from(double.url.replace("smtp://", "smtp://user:secret@"))
        delivery = send(server, "a@b.example", "c@d.example", RAW, lambda: None)
    assert (delivery.verdict, delivery.stage) == (Verdict.RETRY, Stage.AUTH)
