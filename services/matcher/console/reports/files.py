"""Tables of a report as files for a spreadsheet; no cell of them is taken for a formula."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from flask import Response, current_app
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from services.matcher.console.reports.safe_csv import csv_lines, safe_cell
from services.matcher.console.reports.tables import Cell, Table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_TITLE = 31
_WIDEST = 60


def as_csv(table: Table, name: str) -> Response:
    return _file("".join(csv_lines(table.header, table.rows)), f"{name}.csv", "text/csv")


def as_workbook(tables: Sequence[Table], facts: Sequence[tuple[str, str]], name: str) -> Response:
    """One sheet for each table, after one that says what the report is about."""
    book = openpyxl.Workbook(write_only=True)
    _write(book.create_sheet("About"), ("What", "Value"), facts)
    for table in tables:
        _write(book.create_sheet(table.title[:_LONGEST_TITLE]), table.header, table.rows)
    stream = io.BytesIO()
    book.save(stream)
    return _file(stream.getvalue(), f"{name}.xlsx", XLSX)


def _write(sheet: Any, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Widths and frozen headings first: a sheet that is written straight out takes them only so."""
    for number in range(len(header)):
        longest = max([len(header[number]), *(len(str(row[number])) for row in rows)])
        letter = openpyxl.utils.get_column_letter(number + 1)
        sheet.column_dimensions[letter].width = min(_WIDEST, longest + 2)
    sheet.freeze_panes = "A2"
    sheet.append([_text(sheet, cell, bold=True) for cell in header])
    for row in rows:
        sheet.append([_cell(sheet, cell) for cell in row])


def _cell(sheet: Any, value: Cell) -> Any:
    return value if value is None or isinstance(value, int | float) else _text(sheet, value)


def _text(sheet: Any, value: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=safe_cell(value))
    cell.data_type = "s"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _file(content: str | bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return current_app.response_class(content, headers=headers, content_type=media_type)
