"""What an import must remember from line to line: names taken, lines not taken, ids of the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from services.registry.domain.texts import name_key
from services.registry.store.members import (
    identifier_key,
    members_identified,
    members_named,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """`overwrite`: the file wins over corrections. `accept_duplicates`: likely ones are added."""

    overwrite: bool = False
    dry_run: bool = False
    accept_duplicates: bool = False


@dataclass(slots=True)
class FileFacts:
    """Of the whole file, known before the first batch is written."""

    member_ids: frozenset[str] = frozenset()
    not_taken: dict[tuple[str, str], int] = field(default_factory=dict)

    def why_unknown(self, kind: str, subject: str) -> str:
        """What to say about an id that nothing goes by."""
        line = self.not_taken.get((kind, subject))
        if line is not None:
            return (
                f"is not there, because line {line}, which has it, was not taken; correct that line"
            )
        return f"is not the id of a {kind}; add a {kind} line, or correct the id"


class Likenesses:
    """Which members there are by name and official identifier, to recognise likely duplicates."""

    def __init__(self, connection: Connection, lines: Iterable[Mapping[str, Any]]) -> None:
        data = list(lines)
        names = [key for line in data if (key := name_key(line["name"]))]
        values = [value for line in data for _, value in _identifiers(line)]
        self._by_name = members_named(connection, names)
        self._by_identifier = members_identified(connection, values)

    def like(self, member_id: str, data: Mapping[str, Any]) -> tuple[str, str, str] | None:
        """(field, value, id of the other member) when a new member is likely one we have."""
        for scheme, value in _identifiers(data):
            other = self._by_identifier.get((scheme, value))
            if other not in (None, member_id):
                return f"identifiers.{scheme}", str(data["identifiers"][scheme]), str(other)
        other = self._by_name.get(name_key(data["name"]))
        if other not in (None, member_id):
            return "name", str(data["name"]), str(other)
        return None

    def add(self, member_id: str, data: Mapping[str, Any]) -> None:
        """A member of this batch counts for the lines after it."""
        if key := name_key(data["name"]):
            self._by_name.setdefault(key, member_id)
        for scheme, value in _identifiers(data):
            self._by_identifier.setdefault((scheme, value), member_id)


def _identifiers(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    given = data.get("identifiers") or {}
    return [
        (scheme, identifier_key(value)) for scheme, value in given.items() if str(value).strip()
    ]
