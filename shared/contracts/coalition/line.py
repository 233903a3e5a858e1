"""One line of the coalition file as it was understood, and everything wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("member", "contact", "capability", "need", "partnership")
MAX_SHOWN_CHARS = 200
WHOLE_LINE = "line"


@dataclass(frozen=True, slots=True)
class LineError:
    """`field` dotted, entries of lists counted from 1 (`goals.2`), `line` for the whole line.

    `value` is what was there, shortened; `message` says what is wrong and what would be right.
    """

    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class LineNote:
    """What was taken for what: nothing is wrong, but whoever wrote it should see it."""

    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, a row of a sheet.

    `number` counts from 1 as an editor or spreadsheet shows it; 0 is about the whole file.
    `data` has every field of its kind, defaults filled in, JSON-shaped (dates are texts) and
    without `kind`; it is None exactly if there are errors. `given` are the fields the line
    really has; `places_typed` says by place code what was typed where that was not the code.
    """

    number: int
    kind: str | None
    data: dict[str, Any] | None
    errors: list[LineError] = field(default_factory=list)
    notes: list[LineNote] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    places_typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def object(self) -> dict[str, Any]:
        """The data with its `kind` first, as the file has it; only of a line without errors."""
        if self.data is None or self.kind is None:
            raise ValueError(f"line {self.number} has errors and no data; look at its errors first")
        return {"kind": self.kind, **self.data}


def shown(value: Any) -> str:
    """A value as a person finds it again in the file, shortened."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[: MAX_SHOWN_CHARS - 1]}…"


def refused(number: int, kind: str | None, errors: list[LineError]) -> Line:
    """A line that cannot be taken."""
    return Line(number=number, kind=kind, data=None, errors=errors)
