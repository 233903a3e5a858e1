"""Keys are made once, whoever comes first, and nobody else can read them."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from shared.settings import Settings, keys


def _load(directory: str) -> bytes:
    return keys.load_or_create(Path(directory), "vault")


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    key = keys.load_or_create(directory, "vault")
    assert len(key) == 32
    assert keys.load_or_create(directory, "vault") == key
    assert keys.load_or_create(directory, "link") != key
    assert (directory / "vault.key").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in directory.iterdir()) == ["link.key", "vault.key"]


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(_load, [str(tmp_path / "keys")] * 16, chunksize=1)
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["vault.key"]


def test_rotation_keeps_the_one_before(tmp_path: Path) -> None:
    first = keys.load_or_create(tmp_path, "link")
    second = keys.rotate(tmp_path, "link")
    assert keys.load_all(tmp_path, "link") == [second, first]
    third = keys.rotate(tmp_path, "link")
    assert keys.load_all(tmp_path, "link") == [third, second]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 44, b"A" * 43])
def test_a_damaged_key_is_named_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vault.key").write_bytes(content)
    with pytest.raises(keys.KeyRefused, match=r"vault\.key.*Restore it from the backup"):
        keys.load_or_create(tmp_path, "vault")
    assert (tmp_path / "vault.key").read_bytes() == content


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "a.b"])
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(keys.KeyRefused):
        keys.load_or_create(tmp_path, name)


def test_the_environment_goes_before_the_folder(tmp_path: Path) -> None:
    given = Settings(keys_dir=tmp_path, link_key="n" * 32 + ", " + "o" * 32)
    assert keys.signing_keys(given, "link") == [b"n" * 32, b"o" * 32]
    assert list(tmp_path.iterdir()) == []
    made = keys.signing_keys(Settings(keys_dir=tmp_path), "link")
    assert made == [keys.load_or_create(tmp_path, "link")]
