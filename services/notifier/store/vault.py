"""Personal words and message bytes, sealed with a key per person that can be destroyed.

A sealed column can be read only while the person's key row exists, wherever a copy of the
database lies: in the file, in its log, in a backup.
"""

import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select

from services.notifier.store.tables import subject_keys
from shared.storage import insert_ignore

_NONCE_BYTES = 12


class Vault:
    """Seals and opens. `master` encrypts the persons' keys and lives outside the database."""

    def __init__(self, master: bytes) -> None:
        self._master = AESGCM(master)

    def seal(self, connection: Connection, subject: str, plain: bytes, now: datetime) -> bytes:
        key = self._key(connection, subject)
        if key is None:
            key = self._new_key(connection, subject, now)
        return _encrypt(AESGCM(key), plain, subject)

    def open(
        self, connection: Connection, subject: str | None, sealed: bytes | None
    ) -> bytes | None:
        """The plain bytes; None when nothing is there, or the person has been erased."""
        if subject is None or sealed is None:
            return None
        key = self._key(connection, subject)
        return None if key is None else _decrypt(AESGCM(key), sealed, subject)

    def forget(self, connection: Connection, subject: str) -> bool:
        """Destroy the person's key; everything sealed with it is gone. True if there was one."""
        row = delete(subject_keys).where(subject_keys.c.subject == subject)
        return connection.execute(row).rowcount > 0

    def _key(self, connection: Connection, subject: str) -> bytes | None:
        row = select(subject_keys.c.wrapped_key).where(subject_keys.c.subject == subject)
        wrapped = connection.execute(row).scalar()
        return None if wrapped is None else _decrypt(self._master, wrapped, subject)

    def _new_key(self, connection: Connection, subject: str, now: datetime) -> bytes:
        key = secrets.token_bytes(32)
        row = {
            "subject": subject,
            "wrapped_key": _encrypt(self._master, key, subject),
            "made_at": now,
        }
        if insert_ignore(connection, subject_keys, row):
            return key
        stored = self._key(connection, subject)
        if stored is None:
            raise LookupError(f"the key of {subject} vanished while it was made; try again")
        return stored


def _encrypt(cipher: AESGCM, plain: bytes, subject: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, subject.encode())


def _decrypt(cipher: AESGCM, sealed: bytes, subject: str) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], subject.encode())
    except InvalidTag:
        return None
