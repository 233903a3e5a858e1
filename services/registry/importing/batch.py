"""One batch of lines: the transaction it is written in, and what is told about each line."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.registry.domain.errors import Problem, RegistryError
from services.registry.domain.provenance import Kept, Merge, merged
from services.registry.domain.rules import Rules
from services.registry.importing.known import FileFacts, ImportOptions
from services.registry.importing.report import Deed, Finding, Report, error_findings
from services.registry.vault import Vault
from shared.storage import Work

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A well-formed line: `content` as it is kept, `fields` what stands beside it in the file."""

    line: int
    kind: str
    id: str
    member_id: str
    content: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    places_typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What was written of one entity: as it was (None: it was not there) and as it is."""

    kind: str
    before: Any
    after: Any


@dataclass(slots=True)
class Batch:
    """What every step of a batch needs; `report` tells of this batch alone."""

    work: Work
    vault: Vault
    rules: Rules
    options: ImportOptions
    facts: FileFacts
    report: Report = field(default_factory=Report)
    not_taken: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def deed(self, entry: Entry, deed: Deed) -> None:
        self.report.count(entry.kind, deed)

    def refuse(self, entry: Entry, problems: Iterable[Problem]) -> None:
        """The line is not taken, for these reasons."""
        found = error_findings(entry.line, entry.kind, entry.id, problems)
        self.report.findings += found
        self.leave_out(entry)

    def refuse_for(self, entry: Entry, error: RegistryError) -> None:
        self.refuse(entry, error.problems or [Problem("id", entry.id, error.detail)])

    def leave_out(self, entry: Entry) -> None:
        self.report.count(entry.kind, "refused")
        self.not_taken[entry.kind, entry.id] = entry.line

    def duplicate(self, entry: Entry, likeness: tuple[str, str, str]) -> None:
        field_name, value, other = likeness
        message = (
            f"looks like {other}, which is registered with the same {field_name}; not added. "
            f"Use the id {other}, or accept likely duplicates if it is another member"
        )
        self.report.findings.append(_finding("duplicate", entry, field_name, value, message))
        self.leave_out(entry)

    def merge(
        self,
        entry: Entry,
        current: Mapping[str, Any],
        imported: Mapping[str, str],
        offered: Mapping[str, Any],
    ) -> Merge:
        """The content after this line, with the corrections kept told."""
        merge = merged(current, imported, offered, overwrite=self.options.overwrite)
        for kept in merge.kept:
            self.tell_kept(entry, kept)
        return merge

    def tell_kept(self, entry: Entry, kept: Kept, why: str = "changed here since") -> None:
        """A field the line does not even mention is kept without a word."""
        if kept.field in entry.given:
            message = f"kept {shown(kept.kept)} ({why}); the file says {shown(kept.offered)}"
            self.report.findings.append(
                _finding("kept", entry, kept.field, shown(kept.offered), message)
            )


def _finding(sort: Any, entry: Entry, field_name: str, value: str, message: str) -> Finding:
    return Finding(
        sort=sort,
        line=entry.line,
        kind=entry.kind,
        subject=entry.id,
        field=field_name,
        value=value,
        message=message,
    )


def shown(value: Any) -> str:
    """A value of the file as a person reads it."""
    if value in (None, "", [], {}):
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def by_kind(entries: Sequence[Entry], kind: str) -> list[Entry]:
    return [entry for entry in entries if entry.kind == kind]
