"""A file as rows with their numbers, whether .csv or .xlsx; a workbook may begin with notes."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from services.matcher.figures.shapes import SHAPES, Shape, plain_header

MAX_CELL_CHARACTERS = 100_000
MAX_BYTES = 128 * 1_048_576
HEADER_WITHIN = 12
"""Rows of titles and notes that may stand above a header."""
# What zip, XML and openpyxl are known to raise for damaged files.
_BROKEN = (zipfile.BadZipFile, zlib.error, ET.ParseError, InvalidFileException, ArithmeticError,
           AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError,
           ValueError)  # fmt: skip

Cells = Sequence[Any]
Row = tuple[int, Cells]


class NotRecognised(Exception):
    """The file is none of the publications that are known."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows below a header that was recognised, and where its columns are."""

    shape: Shape
    columns: dict[str, int]
    rows: list[Row]


def read_sheet(content: bytes) -> Sheet:
    """The first table of a file whose header is known.

    Raises `NotRecognised`, whose message says what was found and what would be recognised.
    """
    if len(content) > MAX_BYTES:
        raise NotRecognised(f"The file has {len(content):,} bytes, more than {MAX_BYTES:,}.")
    headers: list[list[str]] = []
    for rows in _tables(content):
        top = [next(rows, (0, ())) for _ in range(HEADER_WITHIN)]
        for place, (_, cells) in enumerate(top):
            header = plain_header(cells)
            for shape in SHAPES:
                columns = shape.columns(header)
                if columns is not None:
                    below = [*top[place + 1 :], *rows]
                    return Sheet(shape, columns, [row for row in below if _filled(row[1])])
            headers.append([word for word in header if word])
    raise NotRecognised(_not_known(headers))


def _tables(content: bytes) -> Iterator[Iterator[Row]]:
    if content.startswith(b"PK"):
        yield from _workbook(content)
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotRecognised(
            f"Byte {error.start:,} is not UTF-8 and the file is no .xlsx; save it as .csv in UTF-8."
        ) from error
    yield _numbered(_csv_rows(text))


def _csv_rows(text: str) -> Iterator[Cells]:
    # The limit belongs to the whole process, and other readers set their own before they read.
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    try:
        yield from csv.reader(io.StringIO(text))
    except csv.Error as error:
        raise NotRecognised(f"It cannot be read as .csv: {error}. Save it again.") from error


def _workbook(content: bytes) -> Iterator[Iterator[Row]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > 2 * MAX_BYTES:
            raise NotRecognised(f"The workbook unpacks to {unpacked:,} bytes, too many to read.")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            # A sheet may claim 16,384 columns; without its claim rows are as long as they are.
            sheet.reset_dimensions()
            yield _numbered(sheet.iter_rows(values_only=True))
        book.close()
    except _BROKEN as error:
        raise NotRecognised(
            f"It cannot be read as an .xlsx workbook ({type(error).__name__}); save it again."
        ) from error


def _numbered(rows: Iterable[Cells]) -> Iterator[Row]:
    return iter(enumerate(rows, start=1))


def _filled(cells: Cells) -> bool:
    return any(cell not in (None, "") for cell in cells)


def _not_known(headers: Sequence[Sequence[str]]) -> str:
    widest = max(headers, key=len, default=[])
    found = ", ".join(f"“{word[:60]}”" for word in widest[:6]) or "nothing"
    known = sorted({shape.title for shape in SHAPES})
    return (
        f"The header is none that is known (found {found}). Give one of these files as it was "
        f"published, .csv or .xlsx: {'; '.join(known)}."
    )
