"""Every row of the SMTP fault table, against a real socket."""

from dataclasses import replace

import pytest

from services.notifier.mail.smtp import Delivery, Stage, Verdict, send, server_from
from tests.integration.notifier.smtp_double import DROP, HANG, SmtpDouble, smtp_double
from tests.servers.proxy import Proxy
from tests.servers.tls import Tls

RAW = b"Subject: x\r\n\r\n.a line with a dot\r\nbye\r\n"


def deliver(
    double: SmtpDouble,
    dots: list[str] | None = None,
    *,
    scheme: str = "smtp://",
    patience_seconds: float = 20.0,
) -> Delivery:
    url = double.url.replace("smtp://", scheme.replace(" ", "%20"))
    server = replace(
        server_from(url, timeout_seconds=patience_seconds), dot_timeout_seconds=patience_seconds
    )

    def before_dot() -> None:
        if dots is not None:
            dots.append("dot")

    return send(server, "from@convene.example", "to@member.example", RAW, before_dot)


# What every server is known to say, and what none should.
CODES = [
    "421",
    "450",
    "451",
    "452",
    "454",
    "455",
    "500",
    "501",
    "502",
    "503",
    "504",
    "521",
    "530",
    "534",
    "535",
    "538",
    "550",
    "551",
    "552",
    "553",
    "554",
    "555",
    "556",
    "199",
    "299",
    "354",
    "600",
]
WORDS = [*(f"{code} so it is" for code in CODES), "550 5.1.1 no such user", "what is this", DROP]
STAGES = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot", "quit")
ABOUT_US = {"503", "530", "535"}  # a refusal that is mended here, not by another recipient


def verdict_of(stage: str, said: str) -> Verdict:
    """The fault table, said in other words than in the code."""
    code = said[:3] if said[:1] in "245" and said[:3].isdigit() else ""
    if stage == "quit" or (stage, code) == ("auth", "503") or (stage, said[:3]) == ("data", "354"):
        return Verdict.ACCEPTED  # to be signed in already is as good as to be signed in
    if stage == "dot" and (not code or code[0] == "2"):
        return Verdict.AMBIGUOUS
    about_it = stage in ("rcpt", "data", "dot") or (stage, code) == ("mail", "552")
    refused = about_it and code.startswith("5") and code not in ABOUT_US
    return Verdict.REFUSED if refused else Verdict.RETRY


@pytest.mark.parametrize("stage", STAGES)
def test_each_answer_at_each_stage_has_its_class(stage: str, tls: Tls) -> None:
    with smtp_double(tls=tls.server, users=True) as double:
        for said in WORDS:
            double.script = {stage: said}
            kept = len(double.received)
            delivery = deliver(double, scheme="smtp+starttls://user:pass word@")
            assert delivery.verdict is verdict_of(stage, said), (stage, said, delivery)
            accepted = delivery.verdict is Verdict.ACCEPTED
            expected = Stage.DOT if accepted else Stage(stage)
            assert delivery.stage is expected, (said, delivery)
            arrived = len(double.received) > kept
            if delivery.verdict is not Verdict.AMBIGUOUS:
                assert arrived == accepted, (stage, said)


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_that_hangs_is_left(stage: str, tls: Tls) -> None:
    with smtp_double(tls=tls.server, users=True, script={stage: HANG}) as double:
        delivery = deliver(double, scheme="smtp+starttls://user:pass word@", patience_seconds=0.5)
    assert delivery.verdict is verdict_of(stage, HANG)


def test_a_slow_server_is_waited_for(tls: Tls) -> None:
    slow = dict.fromkeys(STAGES, 0.05)
    with smtp_double(tls=tls.server, users=True, slow=slow) as double:
        delivery = deliver(double, scheme="smtp+starttls://user:pass word@")
    assert delivery.verdict is Verdict.ACCEPTED
    assert double.received == [RAW]


def test_a_drop_in_the_middle_of_the_body_did_not_deliver() -> None:
    with smtp_double(drop_in_body_after_bytes=5) as double:
        delivery = deliver(double)
    # The drop shows at the latest when the dot is answered; nothing was kept.
    assert delivery.verdict in {Verdict.RETRY, Verdict.AMBIGUOUS}
    assert not double.received


@pytest.mark.parametrize("fault", ["black_hole", "drop", "half_close"])
def test_a_line_that_breaks_at_the_dot_leaves_a_doubt(fault: str) -> None:
    with smtp_double() as double, Proxy(("127.0.0.1", double.port)) as proxy:
        url = f"smtp://127.0.0.1:{proxy.port}"
        server = replace(server_from(url), dot_timeout_seconds=0.5)
        break_it = getattr(proxy, fault)
        delivery = send(server, "from@convene.example", "to@member.example", RAW, break_it)
    assert (delivery.verdict, delivery.stage) == (Verdict.AMBIGUOUS, Stage.DOT)
    assert len(double.received) <= 1


def test_a_line_that_is_dead_from_the_start_is_tried_later() -> None:
    with smtp_double() as double, Proxy(("127.0.0.1", double.port)) as proxy:
        proxy.black_hole()
        server = server_from(f"smtp://127.0.0.1:{proxy.port}", timeout_seconds=0.5)
        delivery = send(server, "from@convene.example", "to@member.example", RAW, lambda: None)
        proxy.heal()
    assert (delivery.verdict, delivery.stage) == (Verdict.RETRY, Stage.CONNECT)
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
