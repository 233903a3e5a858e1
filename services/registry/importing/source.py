"""Where a coalition file comes from and in which format: an upload, or a file on this machine."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.contracts.coalition import Line, read_csv, read_lines, read_workbook
from shared.contracts.coalition.cells import SHEETS

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
    """The bytes of a coalition file; `sheet` says what a CSV holds."""

    format: Format
    body: bytes
    sheet: str | None = None

    def lines(self) -> Iterator[Line]:
        if self.format == "xlsx":
            return read_workbook(self.body)
        if self.format == "csv":
            return read_csv(self.sheet or "", io.BytesIO(self.body))
        return read_lines(io.BytesIO(self.body))


def upload_of(path: Path, sheet: str | None = None) -> Upload:
    """The file by its ending; a CSV without `sheet` is the sheet of its own name (members.csv)."""
    found = _FORMATS_BY_ENDING.get(path.suffix.lower())
    if found is None:
        raise FormatUnknown(
            f"{path.name}: the ending '{path.suffix}' is none of {', '.join(_FORMATS_BY_ENDING)}; "
            "rename the file to what it is"
        )
    return Upload(found, path.read_bytes(), sheet or path.stem)
