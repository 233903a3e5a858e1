"""A scripted SMTP server on a real socket: answers as told, or drops, hangs or dawdles at a stage."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = "drop"
HANG = "hang"
_GOOD = {
    "connect": "220 double ready",
    "ehlo": "250 double",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 known",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 kept",
    "quit": "221 bye",
}


@dataclass
class SmtpDouble:
    """`script` gives, per stage, a reply line, DROP or HANG; other stages answer well.

    With `tls` it offers STARTTLS and with `users` it lets anyone sign in. `slow` gives the seconds
    it takes to think, per stage.
    """

    script: Mapping[str, str] = field(default_factory=dict)
    drop_in_body_after_bytes: int | None = None
    received: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None
    users: bool = False
    slow: Mapping[str, float] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    self._talk(connection)
                except OSError:
                    continue

    def _say(self, connection: socket.socket, stage: str) -> bool:
        """False when the script drops the connection here."""
        time.sleep(self.slow.get(stage, 0.0))
        line = self.script.get(stage) or self._good(stage)
        if line == HANG:
            connection.settimeout(10)
            while connection.recv(1024):
                pass
            return False
        if line == DROP:
            return False
        connection.sendall(line.encode() + b"\r\n")
        return True

    def _good(self, stage: str) -> str:
        offered = ["STARTTLS"] * bool(self.tls) + ["AUTH PLAIN"] * self.users
        if stage != "ehlo" or not offered:
            return _GOOD[stage]
        *others, last = ["double", *offered]
        return "".join(f"250-{each}\r\n" for each in others) + f"250 {last}"

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        if self._say(connection, "connect"):
            self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        envelope = {"mail": "", "rcpt": ""}
        lines = connection.makefile("rb")
        for raw in lines:
            verb = raw.split(b" ")[0].strip().decode().lower()
            stage = verb if verb in _GOOD else "ehlo"
            if stage in envelope:
                envelope[stage] = raw.decode().split("<")[1].split(">")[0]
            if not self._say(connection, stage) or stage == "quit":
                return
            if stage == "starttls" and self.tls and self._went_well("starttls"):
                with self.tls.wrap_socket(connection, server_side=True) as encrypted:
                    self._converse(encrypted)
                return
            taking = stage == "data" and self._went_well("data")
            if taking and not self._take(connection, lines, envelope):
                return

    def _went_well(self, stage: str) -> bool:
        return self.script.get(stage, _GOOD[stage])[:3] == _GOOD[stage][:3]

    def _take(
        self, connection: socket.socket, lines: Iterator[bytes], envelope: Mapping[str, str]
    ) -> bool:
        body = self._body(lines)
        if body is None:
            return False
        if self.script.get("dot", _GOOD["dot"])[:1] in "2DHdh":
            self.received.append(body)
            self.envelopes.append((envelope["mail"], envelope["rcpt"]))
        return self._say(connection, "dot")

    def _body(self, lines: Iterator[bytes]) -> bytes | None:
        body = b""
        for line in lines:
            if line == b".\r\n":
                return body
            body += line[1:] if line.startswith(b".") else line
            most = self.drop_in_body_after_bytes
            if most is not None and len(body) >= most:
                return None
        return None


@contextmanager
def smtp_double(**arguments: object) -> Iterator[SmtpDouble]:
    with served(SmtpDouble(**arguments)) as double:  # type: ignore[arg-type]
        yield double


@contextmanager
def served(double: SmtpDouble) -> Iterator[SmtpDouble]:
    listener = socket.create_server(("127.0.0.1", 0))
    double.port = listener.getsockname()[1]
    thread = threading.Thread(target=double.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the accept
        listener.close()
        thread.join(timeout=2)
