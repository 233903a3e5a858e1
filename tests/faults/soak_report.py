"""What a long run came to, as a page and as data."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared import sqlite
from tests.faults.soak_rows import ROWS


def write(folder: Path, seed: int, minutes: float, rows: Mapping[str, Mapping[str, Any]]) -> Path:
    """Writes soak-DATE.md and .json; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    day = datetime.now(UTC).date().isoformat()
    about = {"date": day, "seed": seed, "minutes": minutes, "machine": machine()}
    page = folder / f"soak-{day}.md"
    data = json.dumps({**about, "rows": rows}, indent=1, sort_keys=True, ensure_ascii=False)
    page.with_suffix(".json").write_text(data + "\n")
    page.write_text(text(about, rows))
    return page


def machine() -> dict[str, str]:
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    memory = Path("/proc/meminfo").read_text().splitlines()[0].split()[1]
    return {
        "cores": str(os.cpu_count()),
        "processor": model,
        "memory": f"{int(memory) / 1_048_576:.0f} GiB",
        "load when written": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": str(sqlite.module().sqlite_version),
    }


def text(about: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        f"# Long run of {about['date']}",
        "",
        f"Seed {about['seed']}, {about['minutes']:g} minutes for all rows. "
        + ", ".join(f"{name} {value}" for name, value in about["machine"].items())
        + ". A row's run number n has the seed plus n.",
        "",
        "| row | aims at | runs | seconds | wrong | reached |",
        "|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        kept = rows.get(row.name)
        if kept is None:
            lines.append(f"| {row.name} | {row.figure} | 0 | 0 | | not run |")
            continue
        numbers = ", ".join(f"{name}: {value:g}" for name, value in kept["numbers"].items())
        lines.append(
            f"| {row.name} | {row.figure} | {kept['runs']} | {kept['seconds']:.0f} "
            f"| {len(kept['wrong'])} | {numbers} |"
        )
    found = [(name, wrong) for name, kept in rows.items() for wrong in kept["wrong"]]
    lines += ["", "## What was wrong", ""]
    lines += [f"* {name}, {wrong}" for name, wrong in found] or ["Nothing."]
    return "\n".join(lines) + "\n"
