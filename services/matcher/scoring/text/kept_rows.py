"""What a listing's text and fields came to as numbers, packed to be kept between runs (stage 1).

Reading a text takes longer than anything else when a worker starts. A packed row names, by a hash,
all that it depends on; one that depends on anything else is not used, so it can never be out of
date, and what is unpacked is the same to the last bit as what is computed.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from services.matcher.scoring.learning.priors import NEUTRAL
from shared.reference.vocabulary import BENEFICIARIES, BUDGET, GIVES

Whose = tuple[str, str]
"""`need` or `capability`, and an id."""

_HEAD = struct.Struct("<16sHHHI")
_READ_BY = ("numpy", "scikit-learn", "snowballstemmer")
"""Packages whose other version might read a text otherwise."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """All of a representation but where the listing is.

    `dense` and the stems as in `Representation`; `known` has a bit for each of COSINES.
    """

    dense: NDArray[np.float32]
    stem_columns: NDArray[np.int32]
    stem_values: NDArray[np.float64]
    known: int


class KeptRows:
    """Rows of listings as they were found, and if it `gathers`, those that had to be made."""

    def __init__(self, *, gathers: bool = False) -> None:
        self._gathers = gathers
        self.read = 0
        """How many texts had to be read."""
        self._found: dict[Whose, bytes] = {}
        self._fresh: dict[Whose, bytes] = {}

    def find(self, rows: Mapping[Whose, bytes]) -> None:
        """Each is used once: what was changed since is read again."""
        self._found.update(rows)

    def take(self, whose: Whose, name: bytes, width: int) -> TextRow | None:
        """The row of that name; None where there is none or another one."""
        packed = self._found.pop(whose, None)
        return unpacked(packed, name, width) if packed is not None else None

    def keep(self, whose: Whose, name: bytes, row: TextRow, meaning: int) -> None:
        self.read += 1
        if self._gathers:
            self._fresh[whose] = packed(row, name, meaning)

    def taken_fresh(self) -> dict[Whose, bytes]:
        """Those made since it was last asked."""
        fresh, self._fresh = self._fresh, {}
        return fresh


def packed(row: TextRow, name: bytes, meaning: int) -> bytes:
    """The first `meaning` numbers are laid out whole, of the rest those that are not 0."""
    fields = row.dense[meaning:]
    filled = np.flatnonzero(fields)
    head = _HEAD.pack(name, row.known, meaning, len(filled), len(row.stem_columns))
    return b"".join((
        head,
        row.dense[:meaning].astype("<f4").tobytes(),
        filled.astype("<u2").tobytes(),
        fields[filled].astype("<f4").tobytes(),
        row.stem_columns.astype("<i4").tobytes(),
        row.stem_values.astype("<f8").tobytes(),
    ))  # fmt: skip


def unpacked(told: bytes, name: bytes, width: int) -> TextRow | None:
    """None where it has another name, or is cut short or too long."""
    if len(told) < _HEAD.size:
        return None
    found, known, meaning, filled, stems = _HEAD.unpack_from(told)
    if found != name or len(told) != _HEAD.size + 4 * meaning + 6 * filled + 12 * stems:
        return None
    at = _HEAD.size
    dense = np.zeros(width, dtype=np.float32)
    dense[:meaning] = np.frombuffer(told, "<f4", meaning, at)
    at += 4 * meaning
    columns = np.frombuffer(told, "<u2", filled, at)
    at += 2 * filled
    dense[meaning:][columns] = np.frombuffer(told, "<f4", filled, at)
    at += 4 * filled
    return TextRow(
        dense,
        np.frombuffer(told, "<i4", stems, at),
        np.frombuffer(told, "<f8", stems, at + 4 * stems),
        known,
    )


def name_of(version: str, said: tuple[object, ...]) -> bytes:
    """16 bytes that name how it was read and what was said."""
    told = f"{version}\0{said!r}".encode("utf-8", "backslashreplace")
    return hashlib.blake2b(told, digest_size=16).digest()


@lru_cache(maxsize=1)
def code_version() -> str:
    """Names the code and data that read a text, so that a release that reads otherwise reads again."""
    told = hashlib.sha256()
    for one in sorted(_sources(files(__package__)), key=lambda one: one.name):
        told.update(f"{one.name}\0".encode())
        told.update(one.read_bytes())
    told.update(repr((GIVES.ids, BENEFICIARIES.ids, BUDGET.ids, sorted(NEUTRAL.items()))).encode())
    told.update(repr([version(one) for one in _READ_BY]).encode())
    return told.hexdigest()[:12]


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _sources(one)
        elif one.name.endswith((".py", ".txt", ".json", ".toml")):
            yield one
