"""The vault: personal data under a key per subject, each wrapped by the vault key.

Deleting a subject's wrapped key erases what was sealed under it wherever a copy lies: in a backup,
in a free page of a file, on a replica. Lives below the store; knows bytes, no tables.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class VaultRefused(Exception):
    """The vault key does not open this; restore the keys folder that belongs to the database."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A subject's wrapped key and the ciphertext under it."""

    wrapped_key: bytes
    blob: bytes


class Vault:
    """`keys`: 32 bytes each, the current one first; older ones still open what they sealed.

    `digest_key` is one of its own, because addresses must be found again after `keys` are rotated.
    """

    def __init__(self, keys: Sequence[bytes], digest_key: bytes) -> None:
        if not keys:
            raise VaultRefused("no vault key was given; look in the keys folder for `vault`")
        self._wraps = [AESGCM(_derived(key, b"wrap")) for key in keys]
        self._digest_key = _derived(digest_key, b"digest")

    def seal(self, subject_id: str, data: Mapping[str, Any]) -> Sealed:
        """Seal the data of one subject under a fresh key of its own."""
        key = AESGCM.generate_key(bit_length=256)
        plain = json.dumps(data, ensure_ascii=False, default=str).encode()
        return Sealed(
            wrapped_key=_encrypt(self._wraps[0], key, subject_id),
            blob=_encrypt(AESGCM(key), plain, subject_id),
        )

    def open(self, subject_id: str, sealed: Sealed) -> dict[str, Any]:
        """What was sealed; raises VaultRefused when the key or the bytes are not the right ones."""
        key = self._unwrapped(subject_id, sealed.wrapped_key)
        plain = _decrypt(AESGCM(key), sealed.blob, subject_id)
        opened: dict[str, Any] = json.loads(plain)
        return opened

    def seal_bytes(self, subject_id: str, plain: bytes) -> bytes:
        """Bytes of one object that live and die together with their row, such as an upload."""
        return _encrypt(self._wraps[0], plain, subject_id)

    def open_bytes(self, subject_id: str, blob: bytes) -> bytes:
        return self._unwrapped(subject_id, blob)

    def email_digest(self, key: str) -> str:
        """A keyed digest by which an address is found without being readable."""
        return hmac.new(self._digest_key, key.encode(), hashlib.sha256).hexdigest()

    def _unwrapped(self, subject_id: str, wrapped: bytes) -> bytes:
        for wrap in self._wraps:
            try:
                return _decrypt(wrap, wrapped, subject_id)
            except VaultRefused:
                continue
        raise VaultRefused(
            "no vault key opens this row; restore the keys folder that belongs to the database"
        )


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hashlib.sha256(b"convene-vault\x1f" + purpose + b"\x1f" + key).digest()


def _encrypt(cipher: AESGCM, plain: bytes, subject_id: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, subject_id.encode())


def _decrypt(cipher: AESGCM, blob: bytes, subject_id: str) -> bytes:
    try:
        return cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], subject_id.encode())
    except InvalidTag as error:
        raise VaultRefused("the sealed bytes were changed, or belong to another row") from error
