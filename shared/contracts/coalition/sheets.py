"""The coalition file as a workbook (.xlsx) or as .csv files: the same lines, made of rows.

A missing id is made from the name and shown in a note, always the same for the same row.
"""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from shared.contracts.coalition.cells import SHEETS, Columns, kind_of_sheet
from shared.contracts.coalition.check import LineCheck
from shared.contracts.coalition.columns import SheetMap
from shared.contracts.coalition.line import WHOLE_LINE, Line, LineError, LineNote, refused, shown
from shared.ids import stable_id

MAX_UNPACKED_BYTES = 256 * 1_048_576
MAX_ROWS = 100_000
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


def read_workbook(
    source: Path | str | bytes | IO[bytes], told: Mapping[str, SheetMap] | None = None
) -> Iterator[Line]:
    """Every row of the sheets members, contacts, capabilities, needs and partnerships, or of those
    that are `told` of by title.

    Never raises for what is in the file; a file that is no workbook is one line, number 0.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        _refuse_bomb(stream)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            yield from _sheets(book, told or {})
        finally:
            book.close()
    except _BROKEN as error:
        words = f"cannot be read as an .xlsx workbook from here on ({type(error).__name__})"
        yield _about_file("file", shown(str(error)), f"{words}; save it again as .xlsx")


def read_csv(sheet: str, stream: IO[bytes], told: SheetMap | None = None) -> Iterator[Line]:
    """Every row of one .csv file; `sheet` says what it holds: members, needs, needs.csv, …"""
    kind = told.kind if told else kind_of_sheet(sheet)
    if kind is None:
        yield _about_file("sheet", sheet, f"is no sheet; use one of {', '.join(SHEETS)}")
        return
    text = stream.read().decode("utf-8-sig", "surrogateescape")
    rows = list(_csv_rows(text, None if told else kind))
    yield from _rows(kind, rows, LineCheck(), told)


def workbook_rows(source: bytes) -> Iterator[tuple[str, Iterator[Row]]]:
    """Each sheet by its title, with its rows as they are; raises ValueError for no workbook."""
    try:
        stream = io.BytesIO(source)
        _refuse_bomb(stream)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                yield sheet.title, _filled(enumerate(sheet.iter_rows(values_only=True), start=1))
        finally:
            book.close()
    except _BROKEN as error:
        raise ValueError(f"This is no .xlsx workbook that can be read: {error}") from error


def csv_rows(source: bytes) -> Iterator[Row]:
    """The rows of a .csv file as they are."""
    return _filled(_csv_rows(source.decode("utf-8-sig", "replace"), None))


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if any(not _empty(cell) for cell in row[1]))


def _empty(cell: Any) -> bool:
    return cell is None or str(cell).strip() == ""


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


def _sheets(book: Any, told: Mapping[str, SheetMap]) -> Iterator[Line]:
    check = LineCheck()
    found = 0
    for sheet in book.worksheets:
        mapped = told.get(sheet.title)
        kind = mapped.kind if mapped else kind_of_sheet(sheet.title)
        if mapped and kind is None:
            continue
        if kind is None:
            message = f"is not read; name a sheet one of {', '.join(SHEETS)}, or delete it"
            yield _about_file("sheet", sheet.title, message)
            continue
        found += 1
        # A sheet may claim 16,384 columns; without its claim rows are as long as they are.
        sheet.reset_dimensions()
        rows = enumerate(sheet.iter_rows(values_only=True), start=1)
        yield from _rows(kind, rows, check, mapped)
    if not found:
        yield _about_file("file", "", f"has none of the sheets {', '.join(SHEETS)}; add one")


def _rows(
    kind: str, rows: Iterable[Row], check: LineCheck, told: SheetMap | None
) -> Iterator[Line]:
    """The first row that is not empty holds the headings."""
    columns: Columns | None = None
    for taken, (number, cells) in enumerate(_filled(rows)):
        if taken > MAX_ROWS:
            message = f"is one row more than {MAX_ROWS:,}, the most of a sheet; split the file"
            yield refused(number, kind, [LineError(WHOLE_LINE, "", message)])
            return
        if columns is None:
            columns = Columns(kind, cells, told.columns if told else None)
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
    return check.line(number, found, [*_member_by_name(found), *_make_id(found)])


def _member_by_name(found: dict[str, Any]) -> list[LineNote]:
    """A listing may name its member as people do: the id is the one that is made of the name."""
    named = found.get("member")
    if not isinstance(named, str) or " " not in named or not (made := slug(named)):
        return []
    found["member"] = made
    return [LineNote("member", named, f"was taken for the member with the id {made}")]


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


def _csv_rows(text: str, kind: str | None) -> Iterator[Row]:
    csv.field_size_limit(_MAX_CELL_CHARS)
    first = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")

    def told(mark: str) -> int:
        cells = _split(first, mark)
        return len(cells) if kind is None else Columns(kind, cells).known or len(cells) // 100

    delimiter = max(",;\t", key=told)
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
