"""The coalition file as a workbook (.xlsx) or as .csv files: the same lines, made of rows.

A missing id is made from the name and shown in a note, always the same for the same row.
"""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from shared.contracts.coalition.cells import SHEETS, Columns, kind_of_sheet
from shared.contracts.coalition.check import LineCheck
from shared.contracts.coalition.line import WHOLE_LINE, Line, LineError, LineNote, refused, shown
from shared.ids import stable_id

MAX_UNPACKED_BYTES = 256 * 1_048_576
_MAX_ID_CHARS = 120
_MAX_CELL_CHARS = 1_048_576
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
# What zip, XML and openpyxl are known to raise for damaged files; a test damages many.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
    InvalidFileException,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
Row = tuple[int, Sequence[Any]]


def read_workbook(source: Path | str | bytes | IO[bytes]) -> Iterator[Line]:
    """Every row of the sheets members, contacts, capabilities, needs and partnerships.

    Never raises for what is in the file; a file that is no workbook is one line, number 0.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        _refuse_bomb(stream)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            yield from _sheets(book)
        finally:
            book.close()
    except _BROKEN as error:
        words = f"cannot be read as an .xlsx workbook from here on ({type(error).__name__})"
        yield _about_file("file", shown(str(error)), f"{words}; save it again as .xlsx")


def read_csv(sheet: str, stream: IO[bytes]) -> Iterator[Line]:
    """Every row of one .csv file; `sheet` says what it holds: members, needs, needs.csv, …"""
    kind = kind_of_sheet(sheet)
    if kind is None:
        yield _about_file("sheet", sheet, f"is no sheet; use one of {', '.join(SHEETS)}")
        return
    text = stream.read().decode("utf-8-sig", "surrogateescape")
    rows = list(_csv_rows(text, kind))
    yield from _rows(kind, rows, LineCheck())


def slug(*texts: str) -> str:
    """An id made from words: `Essex County Council` is essex-county-council; may be empty."""
    parts = []
    for text in texts:
        plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).encode("ascii", "ignore")
        parts.append(_NOT_SLUG.sub("-", plain.decode().lower().replace("'", "")).strip("-"))
    return "-".join(part for part in parts if part)[:_MAX_ID_CHARS].strip("-")


def _refuse_bomb(stream: Path | str | IO[bytes]) -> None:
    with zipfile.ZipFile(stream) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(f"it unpacks to {unpacked:,} bytes, over {MAX_UNPACKED_BYTES:,}")
    if not isinstance(stream, Path | str):
        stream.seek(0)


def _sheets(book: Any) -> Iterator[Line]:
    check = LineCheck()
    found = 0
    for sheet in book.worksheets:
        kind = kind_of_sheet(sheet.title)
        if kind is None:
            message = f"is not read; name a sheet one of {', '.join(SHEETS)}, or delete it"
            yield _about_file("sheet", sheet.title, message)
            continue
        found += 1
        # A sheet may claim 16,384 columns; without its claim rows are as long as they are.
        sheet.reset_dimensions()
        rows = enumerate(sheet.iter_rows(values_only=True), start=1)
        yield from _rows(kind, rows, check)
    if not found:
        yield _about_file("file", "", f"has none of the sheets {', '.join(SHEETS)}; add one")


def _rows(kind: str, rows: Iterable[Row], check: LineCheck) -> Iterator[Line]:
    """The first row that is not empty holds the headings."""
    columns: Columns | None = None
    for number, cells in rows:
        if all(cell is None or str(cell).strip() == "" for cell in cells):
            continue
        if columns is None:
            columns = Columns(kind, cells)
            if not columns.known:
                message = f"is no heading row of {kind} lines; begin with id, name or title"
                yield refused(number, kind, [LineError(WHOLE_LINE, _joined(cells), message)])
                return
            continue
        yield _row(number, columns, cells, check)


def _row(number: int, columns: Columns, cells: Sequence[Any], check: LineCheck) -> Line:
    if any(isinstance(cell, str) and not _is_text(cell) for cell in cells):
        message = "is not UTF-8; save the file as “CSV UTF-8”"
        return refused(number, columns.kind, [LineError(WHOLE_LINE, _joined(cells), message)])
    found = columns.object_of(cells)
    return check.line(number, found, _make_id(found))


def _make_id(found: dict[str, Any]) -> list[LineNote]:
    """Give the object an id if it has none; a listing's holds its member's, a contact's nothing
    of the person, because ids travel where names must not.
    """
    kind = found["kind"]
    if kind == "partnership" or "id" in found:
        return []
    texts = {name: str(found.get(name, "")) for name in ("name", "title", "member", "email")}
    if kind == "contact":
        made = stable_id("contact", texts["member"], texts["email"].casefold())
    elif kind == "member":
        made = slug(texts["name"])
    else:
        made = slug(texts["member"], texts["title"])
    if not made:
        return []
    found["id"] = made
    return [LineNote("id", made, f"was made, because the row has none; it stands for this {kind}")]


def _csv_rows(text: str, kind: str) -> Iterator[Row]:
    csv.field_size_limit(_MAX_CELL_CHARS)
    first = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    delimiter = max(",;\t", key=lambda mark: Columns(kind, _split(first, mark)).known)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, [f"\udc80 {error}"]
            continue
        yield before + 1, cells
        before = reader.line_num


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _is_text(cell: str) -> bool:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _joined(cells: Sequence[Any]) -> str:
    return shown("; ".join(str(cell) for cell in cells if cell is not None))


def _about_file(field: str, value: str, message: str) -> Line:
    return refused(0, None, [LineError(field, shown(value), message)])
