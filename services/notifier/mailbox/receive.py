"""The SMTP side of the mailbox, on loopback: takes everything, sends nothing on."""

from typing import Any

from aiosmtpd.controller import Controller

from services.notifier.mailbox.box import Box
from shared.clock import Clock

_MOST_BYTES = 10 * 2**20


class _Keep:
    """aiosmtpd calls this with each message; the answer is given once it is on disk."""

    def __init__(self, box: Box, clock: Clock) -> None:
        self._box = box
        self._clock = clock

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self._box.keep(
                envelope.mail_from or "", recipient, envelope.original_content, self._clock.now()
            )
        return "250 2.0.0 kept"


def receiver(box: Box, clock: Clock, address: str) -> Controller:
    """A server for `host:port`; `start()` returns once it listens, `stop()` ends it."""
    host, _, port = address.rpartition(":")
    return Controller(
        _Keep(box, clock),
        hostname=host,
        port=int(port),
        data_size_limit=_MOST_BYTES,
        ident="Convene mailbox",
    )
