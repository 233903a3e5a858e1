"""What an import found and did, for people and for the import's page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.registry.domain.errors import Problem

FindingSort = Literal["error", "kept", "duplicate", "warning"]
Deed = Literal["added", "changed", "unchanged", "refused"]
KINDS = ("member", "contact", "capability", "need", "partnership")
FINDING_SORTS: tuple[FindingSort, ...] = ("error", "kept", "duplicate", "warning")
PERSONAL = "(not shown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell about one line: which field, what value, what is wrong or was kept."""

    sort: FindingSort
    line: int
    kind: str | None
    subject: str | None
    field: str | None
    value: str | None
    message: str

    def without_personal_data(self) -> "Finding":
        """As it may be stored outside the vault. An unreadable line may be a contact's too."""
        if self.kind not in (None, "unknown", "contact"):
            return self
        message = self.message
        if self.sort == "kept":
            message = "the value held here was kept; the file says another"
        elif "@" in message:
            message = "is not acceptable; the import command shows the value"
        return replace(self, value=PERSONAL, message=message)


@dataclass(slots=True)
class Report:
    """Grows batch by batch."""

    deeds: Counter[tuple[str, Deed]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    lines: int = 0

    def count(self, kind: str, deed: Deed) -> None:
        self.deeds[kind, deed] += 1

    def add(self, other: "Report") -> None:
        self.deeds.update(other.deeds)
        self.findings.extend(other.findings)
        self.lines += other.lines

    def of_sort(self, sort: FindingSort) -> list[Finding]:
        return [finding for finding in self.findings if finding.sort == sort]

    def counts(self) -> dict[str, Any]:
        """By deed and kind, with the number of findings of each sort; only what is not zero."""
        by_deed: dict[str, dict[str, int]] = {}
        for (kind, deed), number in sorted(self.deeds.items()):
            by_deed.setdefault(deed, {})[kind] = number
        sorts = Counter(finding.sort for finding in self.findings)
        return {"lines": self.lines, **by_deed, "findings": dict(sorted(sorts.items()))}


def error_findings(
    number: int, kind: str | None, subject: str | None, problems: Iterable[Problem]
) -> list[Finding]:
    return [
        Finding(
            sort="error",
            line=number,
            kind=kind,
            subject=subject,
            field=problem.field,
            value=problem.shown_value(),
            message=problem.message,
        )
        for problem in problems
    ]


def finding_row(import_id: str, position: int, finding: Finding) -> Mapping[str, Any]:
    kept = finding.without_personal_data()
    return {
        "import_id": import_id,
        "position": position,
        "sort": kept.sort,
        "line": kept.line,
        "kind": kept.kind,
        "subject": _short(kept.subject),
        "field": _short(kept.field),
        "value": kept.value,
        "message": kept.message,
    }


def _short(text: str | None) -> str | None:
    """As long as its column: a file may name fields of any length."""
    return text if text is None else text[:200]
