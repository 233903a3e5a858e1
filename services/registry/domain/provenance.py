"""Which values came from an import, so that a member's corrections outlive the next one.

Beside each entity stands, per field, the fingerprint of what the last import brought. A current
value that still has that fingerprint is the import's and may be replaced by the next; any other is
somebody's correction, kept and listed unless the importer says to overwrite.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction that stood against an import: the field, the file's value, the value kept."""

    field: str
    offered: Any
    kept: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """The content after an import, the new fingerprints, and the corrections kept."""

    content: dict[str, Any]
    imported: dict[str, str]
    kept: tuple[Kept, ...]


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def fingerprint(value: Any) -> str:
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()[:16]


def fingerprints(content: Mapping[str, Any]) -> dict[str, str]:
    return {name: fingerprint(value) for name, value in content.items()}


def merged(
    current: Mapping[str, Any],
    imported: Mapping[str, str],
    offered: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Merge:
    """What an entity becomes when a file offers values for it."""
    content, kept, fresh = dict(current), [], dict(imported)
    for name, value in offered.items():
        held = current.get(name)
        if value != held and not overwrite and imported.get(name) != fingerprint(held):
            kept.append(Kept(name, value, held))
            continue
        content[name] = value
        fresh[name] = fingerprint(value)
    return Merge(content, fresh, tuple(kept))
