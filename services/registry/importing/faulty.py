"""The rows that were not taken, with their own cells, so that they can be corrected alone."""

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from services.registry.importing.report import Finding
from services.registry.importing.source import Upload
from shared.contracts.coalition.cells import Columns

MOST_ROWS = 2_000
"""Of a file in which more is wrong, something is wrong with the file."""
_NOT_TAKEN = ("error", "duplicate")


def faulty_rows(upload: Upload, findings: Iterable[Finding]) -> bytes | None:
    """As JSON: sheets with their headings and `{line, cells}`; None where there are none."""
    wanted = {(one.kind, one.line) for one in findings if one.sort in _NOT_TAKEN and one.line}
    try:
        sheets = _sheets(upload, wanted) if wanted else []
    except ValueError:  # a workbook that breaks off: what could be read of it was told
        return None
    return json.dumps(sheets, ensure_ascii=False).encode() if sheets else None


def _sheets(upload: Upload, wanted: AbstractSet[tuple[str | None, int]]) -> list[dict[str, Any]]:
    sheets, left = [], MOST_ROWS
    for title, rows in upload.sheets():
        kind = upload.kind_of(title)
        headings = [_cell(cell) for cell in next(rows, (0, ()))[1]]
        found: list[dict[str, Any]] = []
        for line, cells in rows:
            if (kind, line) in wanted and len(found) < left:
                found.append({"line": line, "cells": [_cell(cell) for cell in cells]})
        left -= len(found)
        if found and kind:
            told = upload.told.get(title)
            fields = Columns(kind, headings, told.columns if told else None).fields
            sheets.append(
                {
                    "title": title,
                    "kind": kind,
                    "headings": headings,
                    "fields": fields,
                    "rows": found,
                }
            )
    return sheets


def _cell(cell: Any) -> Any:
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell)
