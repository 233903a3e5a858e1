"""Addresses: how we compare them, hash them and put a return token into the envelope sender."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.domain.errors import RecipientRefused

_TOKEN_BYTES = 15
_VERP = re.compile(r"\+b-([a-z2-7]{24})@", re.IGNORECASE)
_MAX_ADDRESS_CHARACTERS = 254


def canonical(address: str) -> str:
    """The form two spellings of one address share: NFKC, case folded, no blanks around."""
    return unicodedata.normalize("NFKC", address).strip().casefold()


def address_hash(key: bytes, address: str) -> str:
    """HMAC of the canonical address: enough to recognise it again, not to read it."""
    return hmac.new(key, canonical(address).encode(), hashlib.sha256).hexdigest()


def check_recipient(address: str) -> str:
    """The address as it can stand in a header and in RCPT, else `RecipientRefused`.

    Anything that could end a line, open a comment or name a second recipient is refused here,
    long after the registry checked it, because this is the last place that can.
    """
    cleaned = address.strip()
    local, at, domain = cleaned.rpartition("@")
    bad = any(char in ' ,;:<>()[]\\"' or not char.isprintable() for char in cleaned)
    if bad or not at or not local or not domain or len(cleaned) > _MAX_ADDRESS_CHARACTERS:
        raise RecipientRefused("the recorded address is not one we can mail; correct the contact")
    if not local.isascii():
        raise RecipientRefused(
            "the recorded address has letters before the @ that mail cannot carry"
        )
    if domain.isascii():
        return cleaned
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise RecipientRefused("the domain of the recorded address cannot be written") from error


def return_token(key: bytes, message_id: str) -> str:
    """The token that brings a bounce back to its message; cannot be guessed for another."""
    digest = hmac.new(key, b"verp:" + message_id.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_TOKEN_BYTES]).decode().lower()


def envelope_sender(sender: str, token: str) -> str:
    """`convene@x` with a token becomes `convene+b-token@x` (variable envelope return path)."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+b-{token}@{domain}"


def token_in(text: str) -> str | None:
    """The return token in an address or header value, if one is there."""
    found = _VERP.search(text)
    return found.group(1).lower() if found else None


@dataclass(frozen=True, slots=True)
class AllowList:
    """Recipients that may be mailed outside production: whole addresses, or `@domain`."""

    entries: frozenset[str]

    @classmethod
    def of(cls, entries: Sequence[str]) -> "AllowList":
        return cls(frozenset(canonical(entry) for entry in entries if entry.strip()))

    def allows(self, address: str) -> bool:
        name = canonical(address)
        return name in self.entries or "@" + name.rpartition("@")[2] in self.entries
