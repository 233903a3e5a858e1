"""Where a coalition file comes from and in which format: an upload, or a file on this machine."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from shared.contracts.coalition import Line, read_csv, read_lines, read_workbook
from shared.contracts.coalition.cells import SHEETS, kind_of_sheet
from shared.contracts.coalition.columns import SheetMap
from shared.contracts.coalition.sheets import csv_rows, workbook_rows

__all__ = ["FORMATS_BY_MEDIA_TYPE", "SHEETS", "FormatUnknown", "Upload", "upload_of"]

Format = Literal["jsonl", "xlsx", "csv"]
FORMATS_BY_MEDIA_TYPE: dict[str, Format] = {
    "application/jsonl": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/x-ndjson": "jsonl",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_FORMATS_BY_ENDING: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".csv": "csv",
}


class FormatUnknown(Exception):
    """The file's name does not say what it is."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a coalition file; `sheet` says what a CSV holds, `told` how the columns of
    each sheet are read (a CSV's under the empty title).
    """

    format: Format
    body: bytes
    sheet: str | None = None
    told: Mapping[str, SheetMap] = field(default_factory=dict)

    def lines(self) -> Iterator[Line]:
        if self.format == "xlsx":
            return read_workbook(self.body, self.told)
        if self.format == "csv":
            return read_csv(self.sheet or "", io.BytesIO(self.body), self.told.get(""))
        return read_lines(io.BytesIO(self.body))

    def sheets(self) -> Iterator[tuple[str, Iterator[tuple[int, Sequence[Any]]]]]:
        """Title and rows of each sheet as they are; none of JSON Lines, which need no telling.

        Raises ValueError for what is no workbook.
        """
        if self.format == "xlsx":
            yield from workbook_rows(self.body)
        elif self.format == "csv":
            yield "", csv_rows(self.body)

    def kind_of(self, title: str) -> str | None:
        """What the lines of a sheet are, as it is read."""
        if title in self.told:
            return self.told[title].kind
        return kind_of_sheet(title or self.sheet or "")


def upload_of(path: Path, sheet: str | None = None) -> Upload:
    """The file by its ending; a CSV without `sheet` is the sheet of its own name (members.csv)."""
    found = _FORMATS_BY_ENDING.get(path.suffix.lower())
    if found is None:
        raise FormatUnknown(
            f"{path.name}: the ending '{path.suffix}' is none of {', '.join(_FORMATS_BY_ENDING)}; "
            "rename the file to what it is"
        )
    return Upload(found, path.read_bytes(), sheet or path.stem)
