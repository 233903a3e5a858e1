"""The last guard against personal data in logs: it should have nothing to do, and says when it had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PRIVATE_KEYS = frozenset(
    {"email", "name", "phone", "telephone", "note", "body", "password", "token", "secret"}
    | {"address", "recipient", "authorization", "cookie"}
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_CREDENTIAL = re.compile(r"(://[^/\s:@]{1,200}:)[^/\s@]{1,200}@")
_DEEPEST = 8


def without_private(value: Any, depth: int = 0) -> Any:
    """`value` without private keys at any depth, and with addresses in texts masked."""
    if isinstance(value, str):
        return masked_text(value)
    if depth >= _DEEPEST:
        return "(too deep to log)"
    if isinstance(value, Mapping):
        return _without_keys(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        return [without_private(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked_text(str(value))


def masked_text(text: str) -> str:
    text = _CREDENTIAL.sub(r"\1…@", text)
    return _ADDRESS.sub("(address removed)", text) if "@" in text else text


def _without_keys(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    kept = {
        str(key): without_private(item, depth + 1)
        for key, item in value.items()
        if str(key).lower() not in PRIVATE_KEYS
    }
    dropped = sorted(str(key) for key in value if str(key).lower() in PRIVATE_KEYS)
    return {**kept, "redacted": dropped} if dropped else kept
