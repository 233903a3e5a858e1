"""Where received mail lies: one file per message in a folder, named by its time of arrival."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path

from shared.ids import new_id

_ID = re.compile(r"[0-9a-f-]{36}")
_ENVELOPE = "X-Mailbox-Envelope-"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came, with its envelope."""

    id: str
    received_at: datetime
    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> Message:
        return message_from_bytes(self.raw)

    def header(self, name: str) -> str:
        value = self.message.get(name)
        return str(make_header(decode_header(str(value)))) if value is not None else ""

    def people(self, name: str) -> str:
        """The names (or addresses) in an address header, for a list."""
        pairs = getaddresses([self.header(name)])
        return ", ".join(shown or address for shown, address in pairs)

    def body(self, subtype: str) -> str:
        """The text of the first part of this kind; empty when there is none."""
        for part in self.message.walk():
            if part.get_content_type() == f"text/{subtype}":
                payload = part.get_payload(decode=True)
                if isinstance(payload, bytes):
                    charset = part.get_content_charset() or "utf-8"
                    return payload.decode(charset, errors="replace")
        return ""


class Box:
    """Files `<id>.eml`; the first lines hold envelope and time, the rest the message as it came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, sender: str, recipient: str, raw: bytes, now: datetime) -> str:
        """Write the message so that a reader sees all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        message_id = new_id()
        head = "".join(
            f"{_ENVELOPE}{name}: {value}\r\n"
            for name, value in (("At", now.isoformat()), ("From", sender), ("To", recipient))
        )
        unfinished = self._folder / f".{message_id}.new"
        unfinished.write_bytes(head.encode() + raw)
        unfinished.rename(self._folder / f"{message_id}.eml")
        return message_id

    def all(self) -> Iterator[Received]:
        """Newest first."""
        for path in sorted(self._folder.glob("*.eml"), reverse=True):
            yield self._read(path)

    def get(self, message_id: str) -> Received | None:
        path = self._folder / f"{message_id}.eml"
        if not _ID.fullmatch(message_id) or not path.is_file():
            return None
        return self._read(path)

    def count(self) -> int:
        return sum(1 for _ in self._folder.glob("*.eml"))

    def clear(self) -> int:
        """Throw everything away; returns how many there were."""
        paths = list(self._folder.glob("*.eml"))
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def forget(self, mime_ids: Collection[str | None]) -> int:
        """Throw away the messages with these Message-IDs; returns how many there were."""
        wanted = {f"<{each}>" for each in mime_ids if each}
        found = [each for each in self.all() if each.header("Message-ID").strip() in wanted]
        for each in found:
            (self._folder / f"{each.id}.eml").unlink(missing_ok=True)
        return len(found)

    def _read(self, path: Path) -> Received:
        lines = path.read_bytes().split(b"\r\n", 3)
        at, sender, recipient = (line.decode().partition(": ")[2] for line in lines[:3])
        return Received(path.stem, datetime.fromisoformat(at), sender, recipient, lines[3])
