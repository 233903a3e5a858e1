"""Who was erased here, in a list beside the database, so that a restored backup does not undo it.

It holds keyed digests: of our id of the person, and of the address that stays suppressed.
"""

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, union

from services.notifier.erase import erase_subject
from services.notifier.store.tables import links, preferences, subject_keys
from services.notifier.store.vault import Vault
from services.notifier.store.wishes import EVERYTHING, suppress
from shared.storage import Work


@dataclass(frozen=True, slots=True)
class ErasedPeople:
    path: Path
    key: bytes

    def add(self, contact_id: str, address_hash: str | None, now: datetime) -> None:
        """Written before the erasure: better listed twice than forgotten."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        said = {"contact": self._digest(contact_id), "address": address_hash}
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{json.dumps({**said, 'at': now.isoformat()})}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)

    def erase_again(self, work: Work, vault: Vault) -> int:
        """After a restore: erase whom the backup brought back; returns how many."""
        listed = {entry["contact"]: entry["address"] for entry in self._entries()}
        for address in filter(None, listed.values()):
            suppress(work.connection, address, EVERYTHING, "erasure", work.now)
        back = [who for who in _people(work) if self._digest(who) in listed]
        for contact_id in back:
            erase_subject(work, vault, contact_id, listed[self._digest(contact_id)])
        return len(back)

    def _digest(self, contact_id: str) -> str:
        return hmac.digest(self.key, f"erased:{contact_id}".encode(), "sha256").hex()

    def _entries(self) -> Iterator[dict[str, str | None]]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield json.loads(line)


def _people(work: Work) -> list[str]:
    """Everybody of whom something readable or usable is held."""
    held = union(
        select(subject_keys.c.subject),
        select(preferences.c.contact_id),
        select(links.c.contact_id).where(
            links.c.contact_id.is_not(None), links.c.revoked_at.is_(None)
        ),
    )
    return sorted(work.connection.execute(held).scalars())
