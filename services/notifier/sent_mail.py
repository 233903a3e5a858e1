"""The list of sent mail beside the database: what a restored backup cannot know.

One JSON line before every final dot and one for what the server answered, on disk before we go
on. It holds our own ids of messages, never an address, a name or a word.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DOT = "dot"
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class SentMail:
    path: Path

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def note(self, message_id: str, fate: str, now: datetime) -> None:
        """Durable when it returns; raises OSError where the disk takes nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"message": message_id, "fate": fate, "at": now.isoformat()})
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{line}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)

    def fates(self) -> dict[str, str]:
        """The last fate of each message; `dot` means that no answer was seen."""
        return {line["message"]: line["fate"] for line in self._lines()}

    def _lines(self) -> Iterator[dict[str, str]]:
        if not self.exists:
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    said = json.loads(line)
                    yield {"message": said["message"], "fate": said["fate"]}
                except (ValueError, KeyError, TypeError):
                    continue  # torn by a power cut; its message stays at the line before
