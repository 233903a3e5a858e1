"""Passwords: argon2id, checked in the same time whether or not the account exists."""

import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_HASHER = PasswordHasher()  # argon2id with the library's current recommendation


class PasswordRefused(ValueError):
    """The password is not fit to be one; the message says what would be."""


def check_password(password: str, *, email: str, name: str) -> None:
    """Raises `PasswordRefused`. Length counts, not character classes (NIST SP 800-63B)."""
    if len(password) < SHORTEST:
        raise PasswordRefused(
            f"The password has {len(password)} characters. Use {SHORTEST} or more; "
            "a few words in a row are easy to remember."
        )
    if len(password) > LONGEST:
        raise PasswordRefused(f"The password is longer than {LONGEST} characters. Shorten it.")
    plain = password.casefold()
    if plain in {email.casefold(), name.casefold()} or len(set(plain)) < 5:
        raise PasswordRefused(
            "The password is too easy to guess: it is your email, your name, or the same few "
            "characters over and over. Choose another."
        )


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """None (no such account) takes as long as a wrong password, so that nobody learns from the
    time whether an address has an account.
    """
    stored = password_hash or _of_nobody()
    try:
        matches = _HASHER.verify(stored, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None and len(password) <= LONGEST


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than are used today."""
    return _HASHER.check_needs_rehash(password_hash)


def new_password() -> str:
    """A password to hand over once: 100 bits, easy to read aloud."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@functools.cache
def _of_nobody() -> str:
    return _HASHER.hash(secrets.token_hex(16))
