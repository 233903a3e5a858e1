"""The deployment that is looked at, and the instruments it is looked at with."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.settings import Settings


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Instruments:
    """What reaches outside; tests hand in their own."""

    now: Callable[[], float] = time.time
    free_bytes: Callable[[Path], int] = _free_bytes
    transport: httpx.BaseTransport | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """One service as its settings describe it. `migrations` is `package:folder`; `key_names` are
    the files it needs in the keys folder.
    """

    service: str
    settings: Settings
    migrations: str
    key_names: tuple[str, ...]
    instruments: Instruments = field(default_factory=Instruments)

    @property
    def setup(self) -> str:
        """The command that makes whatever is missing."""
        return f"python -m services.{self.service} setup"
