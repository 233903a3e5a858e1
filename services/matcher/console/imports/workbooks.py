"""Workbooks for importing: an empty one to begin with, and the rows that are to be corrected.

Texts are written as texts, so no cell is a formula, and what comes back is what was there.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from shared.contracts.coalition.cells import SHEETS, TO_CORRECT
from shared.reference.goals import framework
from shared.reference.vocabulary import BENEFICIARIES, GIVES, SECTORS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH = 26
_NOT_A_SHEET = "[]:*?/\\"
_EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "members": {
        "name": "Essex County Council",
        "sector": "local government",
        "places": "Essex County Council area",
        "website": "https://www.essex.gov.uk",
    },
    "contacts": {
        "member": "essex-county-council",
        "name": "Ada Example",
        "role": "Partnerships lead",
        "email": "partnerships@essex.example",
        "ground.basis": "legitimate_interests",
    },
    "capabilities": {
        "member": "bbc",
        "title": "First words: early reading with a broadcaster",
        "description": "What you can bring, in your own words.",
        "goals": "1",
        "delivers_in": "United Kingdom",
        "gives": "expertise; reach",
        "beneficiaries": "early years",
        "capacity": "5 partnerships per year",
    },
    "needs": {
        "member": "essex-county-council",
        "title": "Children starting school without the words they need",
        "description": "What is missing, in your own words.",
        "goals": "1",
        "places": "Tendring",
        "wants": "expertise",
        "beneficiaries": "early years",
        "urgency": "high",
    },
}


def template_workbook() -> bytes:
    """The four sheets with their headings and one example each, and the words that may be used."""
    book = openpyxl.Workbook(write_only=True)
    for title, example in _EXAMPLES.items():
        _write(book, title, list(example), [list(example.values())])
    goals = [(str(goal.number), goal.title) for goal in framework().goals]
    _write(book, "Goals (not read)", ("Number", "Goal"), goals)
    words = [
        (what, one.id.replace("_", " "), one.label)
        for what, vocabulary in (
            ("sector", SECTORS), ("gives and wants", GIVES), ("beneficiaries", BENEFICIARIES),
        )
        for one in vocabulary
    ]  # fmt: skip
    _write(book, "Words (not read)", ("Column", "Write", "Meaning"), words)
    return _saved(book)


def faulty_workbook(
    sheets: Iterable[Mapping[str, Any]], messages: Mapping[tuple[str, int], Sequence[str]]
) -> bytes:
    """The rows that were not taken as they came, with what is wrong in a column that is not read."""
    book = openpyxl.Workbook(write_only=True)
    for sheet in sheets:
        headings = [str(one or "") for one in sheet["headings"]]
        while headings and headings[-1] in {"", TO_CORRECT}:
            headings.pop()
        rows = [
            [
                *_as_wide(row["cells"], len(headings)),
                "; ".join(messages.get((sheet["kind"], row["line"]), ())),
            ]
            for row in sheet["rows"]
        ]
        _write(book, sheet["title"] or _sheet_of(sheet["kind"]), [*headings, TO_CORRECT], rows)
    return _saved(book)


def _write(book: Any, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet("".join(" " if one in _NOT_A_SHEET else one for one in title)[:31])
    for number in range(1, len(header) + 1):
        letter = openpyxl.utils.get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTH
    sheet.freeze_panes = "A2"
    sheet.append([_text(sheet, cell, bold=True) for cell in header])
    for row in rows:
        sheet.append([_text(sheet, cell) if isinstance(cell, str) else cell for cell in row])


def _text(sheet: Any, value: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _as_wide(cells: Sequence[Any], width: int) -> list[Any]:
    return [*cells[:width], *[None] * (width - len(cells))]


def _sheet_of(kind: str) -> str:
    return next(title for title, one in SHEETS.items() if one == kind)


def _saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
