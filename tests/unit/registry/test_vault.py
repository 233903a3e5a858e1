"""What is sealed is unreadable without its key, and each subject has a key of its own."""

import pytest

from services.registry.vault import Sealed, Vault, VaultRefused

KEY, OTHER, DIGEST = b"k" * 32, b"o" * 32, b"d" * 32
DATA = {"content": {"name": "Jane Smith", "email": "jane@essex.example"}}


def test_sealed_data_opens_and_shows_nothing() -> None:
    vault = Vault([KEY], DIGEST)
    sealed = vault.seal("c1", DATA)
    assert vault.open("c1", sealed) == DATA
    for part in (sealed.blob, sealed.wrapped_key):
        assert b"jane" not in part.lower()
    assert vault.seal("c1", DATA) != sealed


def test_every_changed_bit_is_refused() -> None:
    vault = Vault([KEY], DIGEST)
    sealed = vault.seal("c1", DATA)
    for position in range(len(sealed.blob)):
        changed = bytearray(sealed.blob)
        changed[position] ^= 1
        with pytest.raises(VaultRefused):
            vault.open("c1", Sealed(sealed.wrapped_key, bytes(changed)))


def test_another_subjects_row_or_another_key_opens_nothing() -> None:
    vault = Vault([KEY], DIGEST)
    sealed = vault.seal("c1", DATA)
    with pytest.raises(VaultRefused):
        vault.open("c2", sealed)
    with pytest.raises(VaultRefused, match="restore the keys folder"):
        Vault([OTHER], DIGEST).open("c1", sealed)
    with pytest.raises(VaultRefused):
        vault.open("c1", Sealed(vault.seal("c1", DATA).wrapped_key, sealed.blob))


def test_a_rotated_key_still_opens_and_finds_what_the_old_one_sealed() -> None:
    old, new = Vault([KEY], DIGEST), Vault([OTHER, KEY], DIGEST)
    assert new.open("c1", old.seal("c1", DATA)) == DATA
    assert new.email_digest("jane@essex.example") == old.email_digest("jane@essex.example")
    assert new.open_bytes("i1", old.seal_bytes("i1", b"upload")) == b"upload"


def test_the_digest_depends_on_its_key() -> None:
    one, other = Vault([KEY], DIGEST), Vault([KEY], OTHER)
    assert one.email_digest("jane@essex.example") != other.email_digest("jane@essex.example")


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(VaultRefused, match="no vault key"):
        Vault([], DIGEST)
