"""The reviewed facts: what the packages do not carry, each line with its source."""

import csv
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent
TABLES = ("aliases", "areas", "districts", "neighbours", "replaced", "wider_areas")
Row = dict[str, str]


def read() -> dict[str, list[Row]]:
    """All tables by name; refuses a line without a source."""
    tables: dict[str, list[Row]] = {}
    for name in TABLES:
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
        for number, row in enumerate(tables[name], start=2):
            if not row.get("source"):
                raise SystemExit(f"facts/{name}.csv line {number} has no source: say where from.")
    return tables


def digest() -> str:
    total = hashlib.sha256()
    for name in TABLES:
        total.update(name.encode() + b"\0" + (FOLDER / f"{name}.csv").read_bytes())
    return total.hexdigest()
