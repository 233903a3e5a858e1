"""What the columns of an upload are likely to be, and how people said they are to be read."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from services.registry.importing.source import Upload
from services.registry.store import tables
from shared.contracts.coalition.cells import SHEETS, TO_CORRECT, kind_of_sheet
from shared.contracts.coalition.columns import SheetMap, guess_columns, guess_kind
from shared.storage import Work, upsert

SHOWN_ROWS = 5
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSeen:
    """A sheet as it came: `guesses` are the field of each heading by kind; `remembered` whether
    they are what somebody said last time.
    """

    title: str
    kind: str | None
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    guesses: Mapping[str, Mapping[str, str]]
    remembered: bool


def look(connection: Connection, upload: Upload) -> list[SheetSeen]:
    """Raises ValueError for what is no workbook."""
    found = [_seen(connection, title, rows) for title, rows in upload.sheets()]
    return [one for one in found if one.headings]


def remember_columns(work: Work, upload: Upload) -> None:
    """The next sheet with the same headings is guessed as this one was told."""
    rows = []
    for title, lines in upload.sheets():
        told = upload.told.get(title)
        headings = _headings(next(lines, (0, ()))[1])
        if told and told.kind and headings:
            rows.append(
                {
                    "headings": _digest(headings),
                    "kind": told.kind,
                    "columns": dict(told.columns),
                    "used_at": work.now,
                }
            )
    upsert(work.connection, tables.import_mappings, rows, ["headings"])


def told_of(sheets: Sequence[Mapping[str, Any]]) -> dict[str, SheetMap]:
    """From what is sent or stored: `{title, kind, columns: {heading: field}}`."""
    return {one["title"]: SheetMap(one["kind"] or None, dict(one["columns"])) for one in sheets}


def stored(told: Mapping[str, SheetMap]) -> list[dict[str, Any]]:
    return [
        {"title": title, "kind": one.kind, "columns": dict(one.columns)}
        for title, one in told.items()
    ]


def _seen(
    connection: Connection, title: str, rows: Iterator[tuple[int, Sequence[Any]]]
) -> SheetSeen:
    first = list(islice(rows, SHOWN_ROWS + 1))
    headings = _headings(first[0][1]) if first else []
    table = tables.import_mappings
    known = connection.execute(
        select(table.c.kind, table.c.columns).where(table.c.headings == _digest(headings))
    ).first()
    guesses = {kind: guess_columns(kind, headings) for kind in SHEETS.values()}
    if known is not None:
        guesses[known.kind] = {**guesses[known.kind], **known.columns}
    kind = (
        known.kind
        if known
        else kind_of_sheet(title) or (guess_kind(headings) if headings else None)
    )
    return SheetSeen(
        title=title,
        kind=kind,
        headings=headings,
        rows=[_shown(cells, len(headings)) for _, cells in first[1:]],
        guesses=guesses,
        remembered=known is not None,
    )


def _headings(cells: Sequence[Any]) -> list[str]:
    """Without the empty ones at the end, and without what we wrote there ourselves."""
    found = [_text(cell) for cell in cells]
    while found and found[-1] in {"", TO_CORRECT}:
        found.pop()
    return found


def _shown(cells: Sequence[Any], width: int) -> list[str]:
    texts = [_text(cell)[:_SHOWN_CHARACTERS] for cell in cells[:width]]
    return texts + [""] * (width - len(texts))


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _digest(headings: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(sorted(headings)).encode()).hexdigest()
