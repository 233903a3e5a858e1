"""Keys: made at the first start, kept in files that only their owner can read, rotatable.

Several processes may start at once: each writes a whole candidate file and links it to the final
name, which only one can win; the others read the winner's. A reader never sees half a key.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
from pathlib import Path

from shared.settings.common import Settings

KEY_BYTES = 32
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


class KeyRefused(Exception):
    """A key file cannot be used."""


def load_or_create(directory: Path, name: str) -> bytes:
    """The current key `name`, 32 bytes; made in `directory` if it does not exist yet."""
    path = _path(directory, name)
    with contextlib.suppress(FileNotFoundError):
        return read_key(path)
    candidate = _write_candidate(directory, name)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(candidate, path)
    finally:
        candidate.unlink()
    _sync(directory)
    return read_key(path)


def load_all(directory: Path, name: str) -> list[bytes]:
    """The current key, then the previous one if there is one: try them in this order."""
    found = [load_or_create(directory, name)]
    with contextlib.suppress(FileNotFoundError):
        found.append(read_key(_path(directory, f"{name}.previous")))
    return found


def rotate(directory: Path, name: str) -> bytes:
    """Makes a new current key; the old one stays readable as `name.previous` until the next time."""
    path = _path(directory, name)
    load_or_create(directory, name)
    candidate = _write_candidate(directory, name)
    previous = _path(directory, f"{name}.previous")
    spare = directory / f".{name}.{secrets.token_hex(8)}.old"
    os.link(path, spare)
    spare.replace(previous)
    candidate.replace(path)
    _sync(directory)
    return read_key(path)


def signing_keys(settings: Settings, name: str) -> list[bytes]:
    """Keys to sign and verify with, newest first.

    From CONVENE_<NAME>_KEY where that is set (several machines must share it), else from the keys
    folder.
    """
    given: str | None = getattr(settings, f"{name}_key")
    if given:
        return [key.strip().encode() for key in given.split(",") if key.strip()]
    return load_all(settings.keys_dir, name)


def _path(directory: Path, name: str) -> Path:
    if not _NAME.fullmatch(name.removesuffix(".previous")):
        raise KeyRefused(f"'{name}' cannot name a key. Use a-z, 0-9 and '-', a letter first.")
    return directory / f"{name}.key"


def _write_candidate(directory: Path, name: str) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    candidate = directory / f".{name}.{secrets.token_hex(8)}.new"
    handle = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return candidate


def read_key(path: Path) -> bytes:
    """A key of a file; raises KeyRefused when the file does not hold one."""
    content = path.read_bytes().strip()
    try:
        key = base64.b64decode(content, altchars=b"-_", validate=True)
    except ValueError as error:
        raise KeyRefused(_damaged(path)) from error
    if len(key) != KEY_BYTES:
        raise KeyRefused(_damaged(path))
    return key


def _damaged(path: Path) -> str:
    return (
        f"'{path}' does not hold a key of {KEY_BYTES} bytes in base64. Restore it from the backup "
        "of the keys folder; deleting it makes everything signed or encrypted with it unreadable."
    )


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
