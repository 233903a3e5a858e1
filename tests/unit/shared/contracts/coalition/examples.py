"""The least a line of each kind needs, and how tests read one line."""

import json
from typing import Any

from shared.contracts.coalition import Line, read_lines

NEED: dict[str, Any] = {"kind": "need", "id": "n1", "member": "essex", "title": "Reading"}
MEMBER: dict[str, Any] = {"kind": "member", "id": "essex", "name": "Essex", "sector": "health"}
CAPABILITY: dict[str, Any] = {"kind": "capability", "id": "c1", "member": "bbc", "title": "Songs"}
CONTACT: dict[str, Any] = {
    "kind": "contact",
    "id": "p1",
    "member": "bbc",
    "email": "someone@bbc.example",
}
PARTNERSHIP: dict[str, Any] = {
    "kind": "partnership",
    "need": "n1",
    "members": ["essex", "bbc"],
    "since": "2022-12-01",
}


def one(found: Any) -> Line:
    raw = found if isinstance(found, bytes) else json.dumps(found).encode()
    (line,) = read_lines([raw])
    return line


def error_of(found: Any, field: str) -> tuple[str, str]:
    """Value and message of the one error, which is about `field`."""
    line = one(found)
    assert line.data is None
    assert [error.field for error in line.errors] == [field]
    return line.errors[0].value, line.errors[0].message
