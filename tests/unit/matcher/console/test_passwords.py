"""Passwords: what is taken, and that an unknown address costs as much as a wrong password."""

import pytest
from argon2 import extract_parameters

from services.matcher.console.accounts import passwords
from services.matcher.console.accounts.passwords import (
    PasswordRefused,
    check_password,
    hash_password,
    needs_rehash,
    new_password,
    verify_password,
)

pytestmark = pytest.mark.thorough

GOOD = "three plain words"


def test_a_password_is_kept_as_argon2id_and_recognised() -> None:
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert verify_password(kept, GOOD)
    assert not verify_password(kept, "three plain word")
    assert not needs_rehash(kept)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$broken"])
def test_nothing_fits_no_account(stored: str | None) -> None:
    assert not verify_password(stored, GOOD)


def test_an_unknown_address_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not timed: both are checked against a hash made with the same parameters."""
    kept = hash_password(GOOD)
    checked: list[str] = []
    real = passwords._HASHER

    class Watching:
        hash = staticmethod(real.hash)

        def verify(self, stored: str, password: str) -> bool:
            checked.append(stored)
            return real.verify(stored, password)

    passwords._of_nobody.cache_clear()
    monkeypatch.setattr(passwords, "_HASHER", Watching())
    assert not verify_password(None, "a wrong password")
    assert not verify_password(kept, "a wrong password")
    of_nobody, of_somebody = (extract_parameters(stored) for stored in checked)
    assert of_nobody == of_somebody


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "12 or more"),
        ("x" * 201, "longer than 200"),
        ("ann@coalition.example", "too easy"),
        ("aaaaaaaaaaaaaa", "too easy"),
        ("Annabel Osei-Bonsu", "too easy"),
    ],
)
def test_what_is_refused_says_what_would_do(password: str, said: str) -> None:
    with pytest.raises(PasswordRefused, match=said):
        check_password(password, email="ann@coalition.example", name="Annabel Osei-Bonsu")


def test_a_password_made_here_is_taken_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, email="a@b.example", name="A")


def test_a_very_long_guess_is_no_match() -> None:
    kept = hash_password("x" * 200)
    assert not verify_password(kept, "x" * 201)
