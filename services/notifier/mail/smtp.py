"""Send one message over SMTP, driving each command ourselves so that the stage is known.

smtplib raises the same error for "dropped before DATA" and "accepted, then dropped". Only the
final dot decides: before it a failure certainly did not deliver, after it nobody can know.
`before_dot` is called with everything sent but the dot; if it raises, the dot is never written.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from shared import failpoints

_DEFAULT_TIMEOUT_SECONDS = 20.0
#: For everything before the dot; a server that answers each command just in time must not keep
#: the mail task so long that its worker is taken for stalled.
_PATIENCE_SECONDS = 40.0
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_LOST = (OSError, smtplib.SMTPException)


class Stage(StrEnum):
    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    QUIT = "quit"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of one try. `code` 0 means that the connection was lost instead of an answer."""

    verdict: Verdict
    stage: Stage
    code: int = 0
    enhanced: str | None = None

    @property
    def suppresses(self) -> bool:
        """The address itself is bad (5.1.x): never mail it again until it is corrected."""
        return self.verdict is Verdict.REFUSED and (self.enhanced or "").startswith("5.1.")


@dataclass(frozen=True, slots=True)
class Server:
    """Where to send, read from `smtp[+starttls|s]://user:password@host:port`."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None
    timeout_seconds: float = _DEFAULT_TIMEOUT_SECONDS
    dot_timeout_seconds: float = 50.0
    local_name: str = "localhost"

    @property
    def is_local(self) -> bool:
        return self.host in {"127.0.0.1", "::1", "localhost"}


def server_from(url: str, *, timeout_seconds: float = _DEFAULT_TIMEOUT_SECONDS) -> Server:
    """Read an SMTP address; ValueError says which part is wrong and what would be right."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        wanted = ", ".join(f"{scheme}://host:port" for scheme in _PORTS)
        raise ValueError(f"{parts.scheme}://… is not an SMTP address; use one of {wanted}")
    return Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        timeout_seconds=timeout_seconds,
    )


class _Answered(Exception):
    """The server answered something else than what lets us go on."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(f"server answered {code}")
        self.code = code
        found = _ENHANCED.match(text)
        self.enhanced = found.group(1).decode() if found else None


class _Conversation:
    """One connection, one message, one recipient; `stage` is the step being tried."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.stage = Stage.CONNECT
        self.client: smtplib.SMTP | None = None
        self.deadline = time.monotonic() + _PATIENCE_SECONDS

    def deliver(
        self, sender: str, recipient: str, raw: bytes, before_dot: Callable[[], None]
    ) -> int:
        client = self.greet()
        size = f" SIZE={len(raw)}" if client.has_extn("size") else ""
        failpoints.reach("smtp.before_mail")
        self._command(Stage.MAIL, "MAIL", f"FROM:<{sender}>{size}", 250)
        failpoints.reach("smtp.mail_taken")
        self._command(Stage.RCPT, "RCPT", f"TO:<{recipient}>", 250, 251)
        failpoints.reach("smtp.rcpt_taken")
        self._command(Stage.DATA, "DATA", "", 354)
        failpoints.reach("smtp.data_taken")
        self.stage = Stage.BODY
        client.send(_dot_stuffed(raw))
        failpoints.reach("smtp.body_sent")
        before_dot()
        failpoints.reach("smtp.dot_allowed")
        self.stage = Stage.DOT
        if client.sock is not None:
            client.sock.settimeout(self.server.dot_timeout_seconds)
        client.send(b".\r\n")
        failpoints.reach("smtp.dot_sent")
        code = self._good(client.getreply(), 250)
        failpoints.reach("smtp.dot_answered")
        return code

    def greet(self) -> smtplib.SMTP:
        """Connected, greeted and signed in: ready for a message."""
        client = self._open()
        self._greet(client)
        return client

    def _open(self) -> smtplib.SMTP:
        server = self.server
        if server.scheme == "smtps":
            context = ssl.create_default_context()
            self.client = smtplib.SMTP_SSL(timeout=server.timeout_seconds, context=context)
        else:
            self.client = smtplib.SMTP(timeout=server.timeout_seconds)
        self.client.local_hostname = server.local_name
        # Given at construction it would connect at once, and the answer's stage would be lost;
        # the certificate check needs it.
        self.client._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001
        failpoints.reach("smtp.connecting")
        self._good(self.client.connect(server.host, server.port), 220)
        failpoints.reach("smtp.connected")
        return self.client

    def _greet(self, client: smtplib.SMTP) -> None:
        self.stage = Stage.EHLO
        failpoints.reach("smtp.greeting")
        self._hello(client)
        failpoints.reach("smtp.greeted")
        if self.server.scheme == "smtp+starttls":
            self.stage = Stage.STARTTLS
            client.starttls(context=ssl.create_default_context())
            failpoints.reach("smtp.tls_started")
            self._hello(client)
            failpoints.reach("smtp.encrypted")
        if self.server.user is not None:
            self.stage = Stage.AUTH
            client.login(self.server.user, self.server.password or "")
            failpoints.reach("smtp.signed_in")

    def _hello(self, client: smtplib.SMTP) -> None:
        reply = client.ehlo()
        self._good(client.helo() if reply[0] in {500, 502} else reply, 250)

    def _command(self, stage: Stage, verb: str, argument: str, *good: int) -> None:
        self.stage = stage
        left = self.deadline - time.monotonic()
        if self.client is None or self.client.sock is None or left <= 0:
            raise smtplib.SMTPServerDisconnected("not connected, or out of patience")
        self.client.sock.settimeout(min(self.server.timeout_seconds, left))
        self._good(self.client.docmd(verb, argument), *good)

    @staticmethod
    def _good(reply: tuple[int, bytes], *good: int) -> int:
        code, text = reply
        if code not in good:
            raise _Answered(code, text)
        return code

    def close(self, *, politely: bool) -> None:
        """Hang up; in the middle of a message QUIT would become part of its text."""
        if self.client is None:
            return
        try:
            if politely:
                failpoints.reach("smtp.quitting")
                with suppress(*_LOST):
                    self.client.docmd("QUIT")
                failpoints.reach("smtp.quit")
        finally:
            self.client.close()


def send(
    server: Server, sender: str, recipient: str, raw: bytes, before_dot: Callable[[], None]
) -> Delivery:
    """Try once to hand `raw` to `server`; never raises for what the server or network does."""
    conversation = _Conversation(server)
    politely = False
    try:
        code = conversation.deliver(sender, recipient, raw, before_dot)
        politely = True
        return Delivery(Verdict.ACCEPTED, Stage.DOT, code)
    except _Answered as answer:
        politely = True
        verdict = classify(conversation.stage, answer.code)
        return Delivery(verdict, conversation.stage, max(answer.code, 0), answer.enhanced)
    except smtplib.SMTPResponseException as answer:
        at_the_dot = conversation.stage is Stage.DOT  # a reply too long to read: nobody knows
        code = 0 if at_the_dot else max(answer.smtp_code, 0)
        return Delivery(classify(conversation.stage, code), conversation.stage, code)
    except _LOST:
        return Delivery(classify(conversation.stage, 0), conversation.stage)
    finally:
        conversation.close(politely=politely)


def reach(server: Server) -> str | None:
    """Connect, greet and sign in, and send nothing; what went wrong, or None."""
    conversation = _Conversation(server)
    try:
        conversation.greet()
    except (_Answered, *_LOST) as error:
        return f"{type(error).__name__.lstrip('_')} at {conversation.stage}: {error}"
    finally:
        conversation.close(politely=True)
    return None


def classify(stage: Stage, code: int) -> Verdict:
    """The fault table: what an answer (or, with 0, a lost connection) at `stage` means."""
    if stage is Stage.QUIT:
        return Verdict.ACCEPTED
    lost_or_unreadable = not 200 <= code <= 599
    if stage is Stage.DOT and (lost_or_unreadable or code < 400):
        return Verdict.AMBIGUOUS
    # Up to MAIL a refusal is about us (address blocked, password wrong, sender not ours): the
    # message can wait until that is mended. Only its size is the message's own fault there.
    too_large = stage is Stage.MAIL and code == 552
    about_the_message = too_large or stage in {Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT}
    if about_the_message and 500 <= code <= 599 and code not in {503, 530, 535}:
        return Verdict.REFUSED
    return Verdict.RETRY


def _dot_stuffed(raw: bytes) -> bytes:
    lines = raw.replace(b"\r\n.", b"\r\n..")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"
