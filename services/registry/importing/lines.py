"""From the bytes of a coalition file to entries, with everything wrong with its lines told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.registry.importing.batch import Entry
from services.registry.importing.known import FileFacts
from services.registry.importing.report import Finding, Report
from shared.contracts.coalition.line import Line

# Beside the content: what names the entity, or is kept in a column of its own.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "member": ("id", "status", "conflicts"),
    "contact": ("id", "member", "main"),
    "capability": ("id", "member", "contact"),
    "need": ("id", "member", "contact"),
    "partnership": (),
}


@dataclass(slots=True)
class ReadFile:
    """The well-formed lines, and a report that begins with the others."""

    entries: list[Entry] = field(default_factory=list)
    facts: FileFacts = field(default_factory=FileFacts)
    report: Report = field(default_factory=Report)


def read_entries(lines: Iterable[Line]) -> ReadFile:
    read = ReadFile()
    for line in lines:
        if line.data is None or line.kind is None:
            _refuse(read, line)
        else:
            read.entries.append(_entry(line.number, line.kind, line.data, line))
            read.report.findings += [
                _finding("warning", line, note.field, note.value, note.message)
                for note in line.notes
            ]
    read.facts.member_ids = frozenset(e.id for e in read.entries if e.kind == "member")
    return read


def _entry(number: int, kind: str, data: Mapping[str, Any], line: Line) -> Entry:
    beside = _BESIDE[kind]
    return Entry(
        line=number,
        kind=kind,
        id=_id_of(kind, data),
        member_id=data["id"] if kind == "member" else data.get("member", ""),
        content={name: value for name, value in data.items() if name not in beside},
        fields={name: data[name] for name in beside},
        given=line.given,
        places_typed=dict(line.places_typed),
    )


def _id_of(kind: str, data: Mapping[str, Any]) -> str:
    if kind == "partnership":
        return str(data["need"] or data["text"])[:200]
    return str(data["id"])


def _refuse(read: ReadFile, line: Line) -> None:
    read.report.lines += 1
    read.report.count(line.kind or "unknown", "refused")
    read.report.findings += [
        _finding("error", line, error.field, error.value, error.message) for error in line.errors
    ]


def _finding(sort: Any, line: Line, name: str, value: str, message: str) -> Finding:
    return Finding(
        sort=sort,
        line=line.number,
        kind=line.kind,
        subject=(line.data or {}).get("id"),
        field=name,
        value=value,
        message=message,
    )
